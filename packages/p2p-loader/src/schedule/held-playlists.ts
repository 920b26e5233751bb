import type { ListedSegment } from '../playlists/listed-segment.js';
import type { PlaylistState } from '../playlists/playlist-catalog.js';

/** Target durations for which a reload is kept from the player at most. */
const LONGEST = 1.25;

export interface HeldPlaylistsEnvironment {
  readonly now: () => number;
  /** Whether all of a segment is here. */
  readonly isHere: (infoHash: string) => boolean;
  /** When the player has to be told of a segment at the latest, ms. */
  readonly tellBy: (listed: ListedSegment, playlist: PlaylistState) => number;
  /** Whether viewers are waited for. */
  readonly comes: (listed: ListedSegment) => boolean;
}

interface Held {
  readonly playlist: PlaylistState;
  /** What it names that the player was not told of before. */
  readonly named: readonly ListedSegment[];
  /** ms. */
  readonly until: number;
  release(): void;
}

/**
 * Reloads of live playlists that are kept from the player until the segments that they name are here: the wait for other viewers is none of the
 * player's then. It neither counts it as a slow transfer nor gives a segment up.
 */
export class HeldPlaylists {
  readonly #held = new Set<Held>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly environment: HeldPlaylistsEnvironment) {}

  /**
   * The player's reload is here.
   * @returns resolves when it may be given to the player; undefined: now
   */
  hold(playlist: PlaylistState): Promise<void> | undefined {
    const { told } = playlist;
    const named = told === undefined ? [] : playlist.segments.filter(({ mediaSequence }) => mediaSequence > told);
    // What is not played is not brought before it is asked for.
    if (named.length === 0 || !playlist.live || playlist.requested === undefined) {
      playlist.told = playlist.segments.at(-1)?.mediaSequence ?? told;
      return undefined;
    }
    const until = this.environment.now() + LONGEST * playlist.targetDuration;
    return new Promise((resolve) => {
      const held: Held = { playlist, named, until, release: resolve };
      this.#held.add(held);
      this.look();
    });
  }

  /** Something is here, or is not to be expected any more. */
  look(): void {
    clearTimeout(this.#timer);
    const now = this.environment.now();
    let next = Number.POSITIVE_INFINITY;
    for (const held of this.#held) {
      const at = this.#releaseAt(held);
      if (at > now) next = Math.min(next, at);
      else this.#release(held);
    }
    if (next < Number.POSITIVE_INFINITY) this.#timer = setTimeout(() => this.look(), next - now);
  }

  /** Nothing more will come. */
  releaseAll(): void {
    clearTimeout(this.#timer);
    for (const held of this.#held) this.#release(held);
  }

  /** When the player is told, as far as is known now, ms. */
  #releaseAt(held: Held): number {
    const { isHere, comes } = this.environment;
    return held.named.some((listed) => !isHere(listed.infoHash) && comes(listed)) ? this.#dueAt(held) : 0;
  }

  /** When the player is told at the latest: it needs the first of what is new first, be that here, ms. */
  #dueAt({ playlist, named, until }: Held): number {
    const [first] = named;
    return first ? Math.min(until, this.environment.tellBy(first, playlist)) : until;
  }

  #release(held: Held): void {
    this.#held.delete(held);
    held.playlist.told = held.named.at(-1)?.mediaSequence;
    held.release();
  }
}
