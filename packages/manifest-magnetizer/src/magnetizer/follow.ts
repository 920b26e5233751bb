import { MAX_PLAYLIST_LENGTH } from '../playlist/limits.js';
import { renditionUrls } from '../playlist/multivariant.js';
import { parsePlaylist } from '../playlist/parse.js';
import { toWorkingText } from '../playlist/text.js';
import { delay as delayed } from './delay.js';
import type { Magnetizer } from './magnetizer.js';
import { asData, type ReadSegment } from './segment-reader.js';

export interface FollowOptions {
  /** Absolute URL of a Media or Multivariant Playlist, on the host that viewers use. */
  readonly url: string;
  /** Reads playlists; a segment reader can. */
  readonly readPlaylist: ReadSegment;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Told of each playlist that could not be read; it is tried again. */
  readonly onError?: (error: unknown, url: string) => void;
  /** Resolves after so many ms, or when the signal says so; for tests. */
  readonly delay?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const MAX_RENDITIONS = 64;
/** Between reloads, ms: half a target duration (RFC 8216 §6.3.4), within these. */
const SHORTEST = 250;
const LONGEST = 5_000;

/**
 * Hashes new segments as soon as the playlist names them, before anyone asks: reloads a live playlist, all renditions of a
 * Multivariant Playlist (at most 64), and has each version magnetized. Resolves when all have ended, or the signal says so.
 */
export function followPlaylist(magnetizer: Magnetizer, options: FollowOptions): Promise<void> {
  return follow(magnetizer, options, false);
}

/** @param isRendition a Multivariant Playlist names it: it can be none itself, and none that is would be followed */
async function follow(magnetizer: Magnetizer, options: FollowOptions, isRendition: boolean): Promise<void> {
  const { url, readPlaylist, signal, onError, delay = delayed } = options;
  while (!signal.aborted) {
    let wait = LONGEST;
    try {
      const data = await readPlaylist({ url, playlistUrl: url }, { signal, maxLength: MAX_PLAYLIST_LENGTH });
      const { bytes: playlist, validator } = asData(data);
      await magnetizer.magnetize(playlist, { url, signal, validator });
      const text = toWorkingText(playlist);
      const parsed = parsePlaylist(text, playlist, { url });
      if (parsed.kind === 'multivariant') {
        if (isRendition) return;
        const renditions = renditionUrls(text, playlist, parsed, url).slice(0, MAX_RENDITIONS);
        await Promise.all(renditions.map((rendition) => follow(magnetizer, { ...options, url: rendition }, true)));
        return;
      }
      if (parsed.endList) return;
      wait = Math.min(LONGEST, Math.max(SHORTEST, (parsed.targetDuration ?? 4) * 500));
    } catch (error) {
      if (signal.aborted) return;
      onError?.(error, url);
    }
    await delay(wait, signal);
  }
}
