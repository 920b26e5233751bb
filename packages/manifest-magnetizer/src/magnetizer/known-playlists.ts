import type { ParsedPlaylist } from '../playlist/parse.js';
import type { MediaSegment } from '../playlist/segment.js';
import { redactUrl } from '../redact-url.js';
import { sha1Hex } from '../sha1.js';
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
/** The text of a longer version is not compared with the next one's, characters: no encoder begins anew with so much. */
const MAX_COMPARED = 64 * 1024;
/** Between two versions of one text, ms: some servers give each answer a validator of its own. */
const REWRITTEN_EVERY = 1_000;

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

/** A version of a playlist, as it came. */
export interface Version {
  /** The playlist's URL. */
  readonly url: string;
  readonly text: string;
  readonly parsed: ParsedPlaylist;
  /** What the server says of it: its ETag or Last-Modified. */
  readonly validator: string | undefined;
  /** When it came, ms. */
  readonly now: number;
}

/** What is known of a version of a playlist. */
export interface KnownVersion {
  /** The segments that may get a magnet. */
  readonly slots: Slot[];
  /** The server says that it was written anew, though its text is the same. */
  readonly rewritten: boolean;
}

interface Followed {
  readonly history: PlaylistHistory;
  /** Tells the histories of a name apart. */
  readonly serial: number;
  jumps: boolean;
  /** The last version that has a validator: that, and its text's SHA-1. */
  written: { readonly validator: string; readonly digest: string } | undefined;
  /** When it was last found to be rewritten, ms. */
  rewrittenAt: number;
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
   */
  take(name: string, version: Version): KnownVersion {
    const { parsed, url, now } = version;
    const { segments, mediaSequence, endList } = parsed;
    const { resourceId, onError, mark } = this.#options;
    const known = this.#playlists.get(name) ?? newFollowed(this.#serial++);
    const rewritten = isRewritten(known, version);
    const named = segments.map(({ segment }) =>
      segment.url === undefined ? segment : { ...segment, url: resourceId(segment.url, url) },
    );
    const listed = known.history.update({ mediaSequence, endList, segments: named }, { now, rewritten });
    this.#playlists.set(name, known);
    const jumped = known.jumps;
    known.jumps = listed === undefined;
    if (known.jumps && !jumped) onError?.(new JumpingPlaylistError(url), { url, playlistUrl: url });
    const slots = (listed ?? []).flatMap(({ key, firstName, generation }, i) => {
      const { segment, eligible } = segments[i] as ParsedPlaylist['segments'][number];
      if (!eligible || segment.url === undefined) return [];
      return [{ segment, id: firstName, use: this.#uses.use(`${known.serial} ${key}`, generation, mark) }];
    });
    return { slots, rewritten };
  }
}

function newFollowed(serial: number): Followed {
  const rewrittenAt = Number.NEGATIVE_INFINITY;
  return { history: new PlaylistHistory(), serial, jumps: false, written: undefined, rewrittenAt };
}

/** Whether a playlist was written anew with the same text; of versions that follow each other too fast, the next one after tells. */
function isRewritten(known: Followed, { text, validator, now }: Version): boolean {
  if (validator === undefined || text.length > MAX_COMPARED) return false;
  const { written } = known;
  if (written?.validator === validator) return false;
  const digest = sha1Hex(new TextEncoder().encode(text));
  const rewritten = written?.digest === digest;
  if (rewritten && now - known.rewrittenAt < REWRITTEN_EVERY) return false;
  if (rewritten) known.rewrittenAt = now;
  known.written = { validator, digest };
  return rewritten;
}
