import { accounting, type CountedLink, type CountedMesh, type Counters } from '../figures/accounting.js';
import { keepNewest } from '../keep-newest.js';
import type { Upload } from '../manners/upload-gate.js';
import { sha1Of } from '../mesh/hex.js';
import type { PlaylistState } from '../playlists/playlist-catalog.js';
import { FRAME_BYTES, type PartFrame } from './part-frames.js';
import { type Neighbour, type PartLink, PartNeighbours } from './part-neighbours.js';
import { Role } from './part-policy.js';

/** A link that has a part, and gives nothing, is asked for it after this, ms. */
const ASK_MS = 80;
/** Bytes that come no more for this long hold nobody back, ms. */
const STALLED_MS = 250;
/** What waits to be sent to one link at most, bytes: who cannot take more has it from others. */
const MAX_WAITING_TO_SEND = 1024 * 1024;
/** Parts that come from links before the playlist lists them. */
const MAX_UNLISTED = 8;

/** A part that a link sends. */
interface Incoming {
  readonly from: string;
  readonly buffer: Uint8Array<ArrayBuffer>;
  received: number;
  at: number;
}

/** A part that the playlist lists with its SHA-1. */
interface Wanted {
  readonly playlist: PlaylistState;
  readonly listedAt: number;
  bytes: Uint8Array | undefined;
  /** Since it was listed, ms. */
  waited: number;
  readonly waiters: Set<(bytes: Uint8Array) => void>;
}

export interface PartExchangeEnvironment {
  readonly peerId: string;
  readonly now: () => number;
  readonly random: () => number;
  readonly counters: Counters;
  readonly upload: Upload;
  readonly mesh: Pick<CountedMesh, 'ban' | 'isHelper'> & {
    readonly links: ReadonlyMap<string, PartLink & CountedLink>;
  };
  /** How long viewers may be waited for, for a part of that playlist, ms. */
  patience(): number;
}

/** Gives parts to links as soon as they are here, and takes those that links send. */
export class PartExchange {
  readonly #neighbours: PartNeighbours;
  /** By SHA-1, 40 hex digits. */
  readonly #wanted = new Map<string, Wanted>();
  readonly #incoming = new Map<string, Incoming>();
  /** Verified, and listed by no playlist yet. */
  readonly #early = new Map<string, { readonly bytes: Uint8Array; readonly from: string }>();
  readonly #roles = new Map<PlaylistState, Role>();
  readonly #accounts;

  constructor(private readonly environment: PartExchangeEnvironment) {
    this.#accounts = accounting(environment.counters, () => environment.mesh, environment.now);
    this.#neighbours = new PartNeighbours(
      () => environment.mesh.links,
      (neighbour) => this.#sayPlays(neighbour),
      (neighbour, frame) => this.#receive(neighbour, frame),
    );
  }

  /** This viewer's part in a rendition. */
  roleIn(playlist: PlaylistState): Role {
    let role = this.#roles.get(playlist);
    if (!role) {
      role = new Role(this.environment.peerId.slice(0, 16));
      this.#roles.set(playlist, role);
      keepNewest(this.#roles, MAX_UNLISTED);
    }
    return role;
  }

  /**
   * A reload lists parts; those that are not listed any more are forgotten.
   * @param isNew whether a segment begins
   */
  list(playlist: PlaylistState, hashes: readonly string[], isNew: boolean): void {
    const now = this.environment.now();
    const listed = new Set(hashes);
    for (const [sha1, wanted] of this.#wanted)
      if (wanted.playlist === playlist && !listed.has(sha1)) this.#wanted.delete(sha1);
    for (const sha1 of hashes) {
      if (this.#wanted.has(sha1)) continue;
      this.#wanted.set(sha1, { playlist, listedAt: now, bytes: undefined, waited: 0, waiters: new Set() });
      this.roleIn(playlist).next();
      const early = this.#early.get(sha1);
      this.#early.delete(sha1);
      if (early) this.#obtain(sha1, early.bytes);
    }
    this.#neighbours.meet();
    const last = hashes.at(-1);
    for (const neighbour of this.#neighbours.all) {
      if (neighbour.plays && listed.has(neighbour.plays)) neighbour.playlist = playlist;
      if (last !== undefined && isNew) neighbour.send({ type: 'plays', sha1: last });
    }
  }

  /** Whether links may bring parts of it. */
  hasLinks(playlist: PlaylistState): boolean {
    return this.#neighbours.of(playlist).length > 0;
  }

  /** The part, if a link has sent it. */
  find(sha1: string): Uint8Array | undefined {
    return this.#wanted.get(sha1)?.bytes;
  }

  /** Whether it arrives from a link. */
  arrives(sha1: string): boolean {
    const incoming = this.#incoming.get(sha1);
    return incoming !== undefined && this.environment.now() - incoming.at < STALLED_MS;
  }

  /** Calls back when it is here. Returns what ends that. */
  await(sha1: string, callback: (bytes: Uint8Array) => void): () => void {
    const waiters = this.#wanted.get(sha1)?.waiters;
    waiters?.add(callback);
    return () => waiters?.delete(callback);
  }

  /** The origin gave it: it is passed on where it is what the playlist says. */
  async take(sha1: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if ((await sha1Of(bytes)) === sha1) this.#obtain(sha1, bytes);
  }

  stop(): void {
    this.#neighbours.stop();
    this.#wanted.clear();
    this.#incoming.clear();
  }

  /** Tells which rendition this viewer plays. */
  #sayPlays(neighbour: Neighbour): void {
    const newest = [...this.#wanted.keys()].at(-1);
    if (newest !== undefined) neighbour.send({ type: 'plays', sha1: newest });
  }

  #receive(neighbour: Neighbour, frame: PartFrame): void {
    const { sha1 } = frame;
    switch (frame.type) {
      case 'plays':
        // Its first word may have come before this side listened.
        if (neighbour.plays === undefined) this.#sayPlays(neighbour);
        neighbour.plays = sha1;
        neighbour.playlist = this.#wanted.get(sha1)?.playlist ?? neighbour.playlist;
        break;
      case 'have':
        this.#note(neighbour, sha1, frame.word);
        setTimeout(() => this.#ask(neighbour, sha1), ASK_MS);
        break;
      case 'want': {
        neighbour.eager = true;
        const wanted = this.#wanted.get(sha1);
        if (wanted?.bytes) this.#give(neighbour, sha1, wanted.bytes, wanted);
        break;
      }
      case 'spare':
        neighbour.noteHas(sha1);
        neighbour.eager = false;
        break;
      case 'bytes':
        this.#take(neighbour, frame);
    }
  }

  /** A link has a part, and tells of a root. */
  #note(neighbour: Neighbour, sha1: string, word: { root: string; after: number } | undefined): void {
    neighbour.noteTold(sha1, word?.root);
    const playlist = this.#wanted.get(sha1)?.playlist ?? neighbour.playlist;
    if (word && playlist) this.roleIn(playlist).heard(word, this.environment.patience());
  }

  #ask(neighbour: Neighbour, sha1: string): void {
    const wanted = this.#wanted.get(sha1);
    if (!wanted || wanted.bytes || this.arrives(sha1)) return;
    neighbour.eager = true;
    neighbour.send({ type: 'want', sha1 });
  }

  #take(neighbour: Neighbour, frame: PartFrame & { readonly type: 'bytes' }): void {
    const { sha1, offset, bytes, length } = frame;
    const { now } = this.environment;
    const { id } = neighbour.link;
    let incoming = this.#incoming.get(sha1);
    const isOther = incoming && incoming.from !== id && this.arrives(sha1);
    const isKnown = this.#early.has(sha1) || this.#wanted.get(sha1)?.bytes;
    if (offset === 0) this.#note(neighbour, sha1, frame.word);
    if (isOther || isKnown) {
      if (offset > 0) return;
      neighbour.eager = false;
      neighbour.send({ type: 'spare', sha1 });
      return;
    }
    if (offset === 0) {
      incoming = { from: id, buffer: new Uint8Array(length), received: 0, at: 0 };
      this.#incoming.delete(sha1);
      this.#incoming.set(sha1, incoming);
      keepNewest(this.#incoming, MAX_UNLISTED);
    }
    if (!incoming || incoming.from !== id || incoming.received !== offset || incoming.buffer.byteLength !== length)
      return;
    incoming.buffer.set(bytes, offset);
    incoming.received += bytes.byteLength;
    incoming.at = now();
    if (incoming.received < length) return;
    void this.#verify(neighbour, sha1, incoming, frame.waited);
  }

  async #verify({ link }: Neighbour, sha1: string, { buffer }: Incoming, theirs: number): Promise<void> {
    const isIt = (await sha1Of(buffer)) === sha1;
    this.#incoming.delete(sha1);
    if (!isIt) {
      this.#accounts.onBadPiece(undefined, [link.id]);
      return;
    }
    const wanted = this.#wanted.get(sha1);
    if (wanted?.bytes) return;
    this.#accounts.onPieceBytes(undefined, link.id, buffer.byteLength);
    if (wanted) {
      this.roleIn(wanted.playlist).took(this.environment.now() - wanted.listedAt - theirs);
      this.#obtain(sha1, buffer);
      return;
    }
    this.#early.set(sha1, { bytes: buffer, from: link.id });
    keepNewest(this.#early, MAX_UNLISTED);
  }

  /** A part is here, verified. */
  #obtain(sha1: string, bytes: Uint8Array): void {
    const wanted = this.#wanted.get(sha1);
    if (!wanted || wanted.bytes) return;
    wanted.bytes = bytes;
    wanted.waited = this.environment.now() - wanted.listedAt;
    const { waiters, playlist } = wanted;
    for (const waiter of [...waiters]) waiter(bytes);
    waiters.clear();
    const word = this.roleIn(playlist).word(wanted.waited);
    const neighbours = this.#neighbours.of(playlist);
    const first = Math.floor(this.environment.random() * neighbours.length);
    for (let i = 0; i < neighbours.length; i++) {
      const neighbour = neighbours[(first + i) % neighbours.length] as Neighbour;
      if (neighbour.has(sha1)) {
        const theirs = neighbour.rootOf(sha1);
        if (word && !(theirs !== undefined && theirs <= word.root)) neighbour.send({ type: 'have', sha1, word });
      } else if (neighbour.eager) this.#give(neighbour, sha1, bytes, wanted);
      else if (this.environment.upload.open) neighbour.send({ type: 'have', sha1, word });
    }
  }

  #give(neighbour: Neighbour, sha1: string, bytes: Uint8Array, { waited, playlist }: Wanted): void {
    const { upload } = this.environment;
    if (neighbour.channel.bufferedAmount > MAX_WAITING_TO_SEND) return;
    const wait = upload.admit(bytes.byteLength);
    if (wait === undefined) return;
    neighbour.noteHas(sha1);
    const send = (): void => {
      const word = this.roleIn(playlist).word(waited);
      const length = bytes.byteLength;
      for (let offset = 0; offset < length; offset += FRAME_BYTES) {
        const payload = bytes.subarray(offset, offset + FRAME_BYTES);
        neighbour.send({ type: 'bytes', sha1, word, waited, length, offset, bytes: payload });
      }
      this.#accounts.onUpload(undefined, neighbour.link.id, length);
    };
    if (wait > 0) setTimeout(send, wait);
    else send();
  }
}
