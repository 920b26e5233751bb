import type { ParsedPlaylist } from '../playlist/parse.js';
import type { MediaSegment } from '../playlist/segment.js';
import { redactUrl } from '../redact-url.js';
import { sizedMap } from './bounded-map.js';
import type { MagnetizerOptions } from './magnetizer-options.js';
import { PlaylistHistory } from './playlist-history.js';
import { type SegmentUse, SegmentUses } from './segment-uses.js';

/** A segment that may get a magnet, and what is known of it. */
export interface Slot {
  readonly segment: MediaSegment;
  /** Names the resource and its byte range in caches. */
  readonly id: string;
  readonly use: SegmentUse;
}

/** Segments of all playlists whose versions are followed. */
const MAX_FOLLOWED = 500_000;

/** The versions of a playlist go back and forth. Its segments have no magnets until it goes on for a minute. */
export class JumpingPlaylistError extends Error {
  override readonly name = 'JumpingPlaylistError';
  constructor(url: string) {
    super(`the playlist jumps back and forth, so nobody can tell which bytes its URLs have: ${redactUrl(url)}`);
  }
}

export interface KnownPlaylistsOptions {
  readonly onError: MagnetizerOptions['onError'] | undefined;
  readonly resourceId: NonNullable<MagnetizerOptions['resourceId']>;
  /** What is asked for from now on comes after what it gives. */
  readonly mark: () => number;
  /** Uses of segments that are remembered. */
  readonly maxUses: number;
}

interface Followed {
  readonly history: PlaylistHistory;
  /** Tells the histories of a name apart. */
  readonly serial: number;
  jumps: boolean;
}

/** The Media Playlists that came through, and the uses of their segments. */
export class KnownPlaylists {
  readonly #playlists = sizedMap<Followed>(MAX_FOLLOWED, ({ history }) => history.size + 1);
  readonly #uses: SegmentUses;
  readonly #options: KnownPlaylistsOptions;
  #serial = 0;

  constructor(options: KnownPlaylistsOptions) {
    this.#options = options;
    this.#uses = new SegmentUses(options.maxUses);
  }

  /**
   * Takes in a version of a playlist.
   * @param name of the playlist
   * @param url of the playlist
   * @param now ms
   * @returns the segments that may get a magnet
   */
  slots(name: string, { segments, mediaSequence, endList }: ParsedPlaylist, url: string, now: number): Slot[] {
    const { resourceId, onError, mark } = this.#options;
    const known = this.#playlists.get(name) ?? { history: new PlaylistHistory(), serial: this.#serial++, jumps: false };
    const named = segments.map(({ segment }) =>
      segment.url === undefined ? segment : { ...segment, url: resourceId(segment.url, url) },
    );
    const listed = known.history.update({ mediaSequence, endList, segments: named }, { now });
    this.#playlists.set(name, known);
    const jumped = known.jumps;
    known.jumps = listed === undefined;
    if (known.jumps && !jumped) onError?.(new JumpingPlaylistError(url), { url, playlistUrl: url });
    return (listed ?? []).flatMap(({ key, firstName, generation }, i) => {
      const { segment, eligible } = segments[i] as ParsedPlaylist['segments'][number];
      if (!eligible || segment.url === undefined) return [];
      return [{ segment, id: firstName, use: this.#uses.use(`${known.serial} ${key}`, generation, mark) }];
    });
  }
}
