import { keepNewest } from '../keep-newest.js';
import type { PlaylistState } from '../playlists/playlist-catalog.js';
import { decodePartFrame, encodePartFrame, type PartFrame } from './part-frames.js';

/** Parts of which a link said that it has them, remembered of each. */
const MAX_HAVES = 64;

/** What is used of a link. */
export interface PartLink {
  readonly id: string;
  /** Whether this side opens channels. */
  readonly opens: boolean;
  /** The channel for parts, once there is one. */
  readonly partChannel: RTCDataChannel | undefined;
  openPartChannel(): void;
}

/** A link that speaks of parts, and what is known of the viewer at its other end. */
export class Neighbour {
  /** A part of the rendition that it plays, 40 hex digits, and that rendition's playlist, where it is known here. */
  plays: string | undefined;
  playlist: PlaylistState | undefined;
  /** It is sent parts unasked. */
  eager = true;
  /** Parts that it has, or is being sent. */
  readonly #has = new Set<string>();
  /** Those of them of which it told, with the root that it told of. */
  readonly #roots = new Map<string, string | undefined>();

  constructor(
    readonly link: PartLink,
    readonly channel: RTCDataChannel,
  ) {}

  has(sha1: string): boolean {
    return this.#has.has(sha1);
  }

  /** The root that it told of with a part. */
  rootOf(sha1: string): string | undefined {
    return this.#roots.get(sha1);
  }

  /** It has a part, or is being sent one. */
  noteHas(sha1: string): void {
    this.#has.add(sha1);
    keepNewest(this.#has, MAX_HAVES);
  }

  /** It told of a part that it has. */
  noteTold(sha1: string, root: string | undefined): void {
    this.noteHas(sha1);
    this.#roots.set(sha1, root);
    keepNewest(this.#roots, MAX_HAVES);
  }

  send(frame: PartFrame): void {
    const { channel } = this;
    if (channel.readyState !== 'open') return;
    try {
      channel.send(encodePartFrame(frame));
    } catch {
      // It has just failed, or its queue is full: the part comes from others.
      channel.close();
    }
  }
}

/** Those that there are. */
export class PartNeighbours {
  readonly #known = new Map<PartLink, Neighbour>();

  /**
   * @param onOpen frames may be sent to it
   * @param onFrame it sent one
   */
  constructor(
    private readonly links: () => ReadonlyMap<string, PartLink>,
    private readonly onOpen: (neighbour: Neighbour) => void,
    private readonly onFrame: (neighbour: Neighbour, frame: PartFrame) => void,
  ) {}

  get all(): readonly Neighbour[] {
    return [...this.#known.values()];
  }

  /** Those that play a rendition. */
  of(playlist: PlaylistState): readonly Neighbour[] {
    return this.all.filter((neighbour) => neighbour.playlist === playlist);
  }

  /** Takes up with links that are new, and leaves those that are gone. */
  meet(): void {
    const links = this.links();
    for (const link of this.#known.keys()) if (links.get(link.id) !== link) this.#known.delete(link);
    for (const link of links.values()) {
      if (this.#known.has(link)) continue;
      if (link.opens) link.openPartChannel();
      const channel = link.partChannel;
      if (!channel) continue;
      const neighbour = new Neighbour(link, channel);
      this.#known.set(link, neighbour);
      channel.binaryType = 'arraybuffer';
      channel.onmessage = ({ data }: MessageEvent<unknown>) => {
        const frame = decodePartFrame(data);
        if (frame) this.onFrame(neighbour, frame);
      };
      if (channel.readyState === 'open') this.onOpen(neighbour);
      else channel.onopen = () => this.onOpen(neighbour);
    }
  }

  stop(): void {
    for (const { channel } of this.#known.values()) channel.onmessage = null;
    this.#known.clear();
  }
}
