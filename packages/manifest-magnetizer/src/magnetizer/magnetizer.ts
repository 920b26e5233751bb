import { formatMagnet } from '../magnet.js';
import { annotateParsed } from '../playlist/annotate.js';
import { stripLines } from '../playlist/comment-lines.js';
import { renditionUrls } from '../playlist/multivariant.js';
import { type ParsedPlaylist, parsePlaylist } from '../playlist/parse.js';
import type { MediaSegment } from '../playlist/segment.js';
import { fromWorkingText, type Playlist, type Same, toWorkingText } from '../playlist/text.js';
import { sha1Hex } from '../sha1.js';
import { delay as delayed } from './delay.js';
import { GuardedCache } from './magnet-cache.js';
import type { MagnetizerOptions, MagnetizerStats } from './magnetizer-options.js';
import { type Parent, Renditions } from './renditions.js';
import { SegmentHashes } from './segment-hashes.js';
import { type HashedSegment, SharedHashes } from './shared-hashes.js';
import { WrittenMagnets } from './written-magnets.js';

export interface MagnetizeOptions {
  /** The playlist's absolute URL after redirects, with its query. */
  readonly url: string;
  /** Trackers for this playlist instead of the magnetizer's. */
  readonly announce?: readonly string[];
  /** The caller waits no longer; hashing goes on for the others. */
  readonly signal?: AbortSignal;
}

export interface Magnetizer {
  /**
   * Annotates one playlist, held no longer than the time budget: segments that are not hashed by then go out without a magnet,
   * and have it in a later reload. Multivariant Playlists go out as they came, and are remembered for the stream's name.
   * Never rejects for what is in the playlist.
   */
  magnetize<T extends Playlist>(playlist: T, options: MagnetizeOptions): Promise<Same<T>>;
  stats(): MagnetizerStats;
  /** Gives up running reads. Playlists go on with the magnets that are known. */
  close(): void;
}

/** A segment and the names it goes by in caches. */
interface Slot {
  readonly segment: MediaSegment;
  /** Names the resource. */
  readonly id: string;
  /** Names the segment in its playlist. */
  readonly key: string;
}

/** Makes a magnetizer: it reads and hashes segments once, however many playlists and viewers ask for them. */
export function createMagnetizer(options: MagnetizerOptions): Magnetizer {
  const { announce, timeBudget = 300, infoSegments = 2, maxCached = 50_000 } = options;
  const { resourceId = (url: string) => url, delay = delayed, now = () => performance.now() } = options;
  const cache = options.cache && new GuardedCache(options.cache, now);
  const renditions = new Renditions(cache, now);
  const written = new WrittenMagnets(maxCached, now);
  const hashes = new SegmentHashes({
    reader: { readSegment: options.readSegment, validateSegment: options.validateSegment },
    shared: cache && new SharedHashes(cache),
    now,
    concurrency: options.concurrency ?? 8,
    maxQueued: options.maxQueued ?? 4_000,
    maxCached,
    maxSegmentLength: options.maxSegmentLength ?? 64 * 1024 * 1024,
    readTimeout: options.readTimeout ?? 20_000,
    onError: options.onError,
  });
  const counts = { playlists: 0, passedThrough: 0, malformed: 0, incomplete: 0 };

  /** The magnets of all slots that are known within the time budget. */
  async function magnetsOf(slots: readonly Slot[], playlist: string, endList: boolean, call: MagnetizeOptions) {
    const magnets = new Map<MediaSegment, HashedSegment>();
    const missing: Promise<void>[] = [];
    const want = ({ segment, id, key }: Slot, order: number): Promise<void> => {
      const url = segment.url as string;
      const { byteRange, mediaSequence } = segment;
      const priority = endList ? -1 : order;
      return hashes
        .hash({ url, byteRange, playlistUrl: call.url, id, playlist, mediaSequence, priority })
        .then((hashed) => {
          if (!hashed) return;
          written.set(key, hashed);
          magnets.set(segment, hashed);
        });
    };
    const duration = slots.reduce((sum, { segment }) => sum + segment.duration, 0);
    // Newest first: the live edge is where viewers meet. Of a playlist that has ended, they play the first first.
    const ordered = endList ? slots : [...slots].reverse();
    for (const [i, slot] of ordered.entries()) {
      const known = written.get(slot.key, endList, duration);
      if (known) magnets.set(slot.segment, known.hashed);
      if (!known) missing.push(want(slot, ordered.length - i));
      else if (known.due) void want(slot, 0);
    }
    if (missing.length > 0) {
      const stop = new AbortController();
      call.signal?.addEventListener('abort', () => stop.abort(), { signal: stop.signal });
      if (call.signal?.aborted) stop.abort();
      // A blocking reload (draft-pantos-hls-rfc8216bis §6.2.5.2) has waited for its segment already.
      const budget = /[?&]_HLS_msn=/.test(call.url) ? 0 : timeBudget;
      await Promise.race([Promise.all(missing), delay(budget, stop.signal)]);
      stop.abort();
    }
    if (magnets.size < slots.length) counts.incomplete++;
    return magnets;
  }

  async function annotate(
    text: string,
    parsed: ParsedPlaylist,
    name: string,
    parent: Parent | undefined,
    call: MagnetizeOptions,
  ) {
    const slots: Slot[] = [];
    for (const { segment, eligible } of parsed.segments) {
      if (!eligible || segment.url === undefined) continue;
      const id = resourceId(segment.url, call.url);
      slots.push({ segment, id, key: slotKey(name, id, segment) });
    }
    const magnets = await magnetsOf(slots, name, parsed.endList, call);
    const newest = parsed.endList ? [] : slots.slice(Math.max(0, slots.length - infoSegments));
    const withInfo = new Set(newest.map(({ segment }) => segment));
    const stream = sha1Hex(new TextEncoder().encode(options.stream?.(call.url) ?? streamUrl(parent, call.url)));
    const magnetOf = (segment: MediaSegment): string | undefined => {
      const hashed = magnets.get(segment);
      if (!hashed) return undefined;
      return formatMagnet(withInfo.has(segment) ? hashed : { infoHash: hashed.infoHash, length: hashed.length });
    };
    return annotateParsed(text, parsed, magnetOf, { stream, announce: call.announce ?? announce });
  }

  return {
    async magnetize(playlist, call) {
      counts.playlists++;
      const text = stripLines(toWorkingText(playlist));
      const name = resourceId(withoutDirectives(call.url), call.url);
      const parent = await renditions.parentOf(name);
      const parsed = parsePlaylist(text, playlist, { url: call.url, imported: parent?.variables });
      if (parsed.problem) counts.malformed++;
      if (parsed.kind === 'multivariant') {
        for (const url of renditionUrls(text, playlist, parsed, call.url)) {
          renditions.remember(resourceId(url, call.url), {
            url: parentUrl(call.url, url),
            variables: parsed.variables,
          });
        }
      }
      if (parsed.kind !== 'media' || parsed.segments.length === 0) {
        counts.passedThrough++;
        return fromWorkingText(text, playlist);
      }
      return fromWorkingText(await annotate(text, parsed, name, parent, call), playlist);
    },
    stats: () => ({
      ...counts,
      segmentsHashed: hashes.hashed,
      segmentBytesRead: hashes.bytesRead,
      failures: hashes.failures,
      deferred: hashes.deferred,
      pending: hashes.pending,
      sharedHits: hashes.sharedHits,
      cacheFailures: cache?.failures ?? 0,
    }),
    close: () => hashes.close(),
  };
}

function slotKey(playlist: string, id: string, { byteRange, mediaSequence }: MediaSegment): string {
  const range = byteRange ? ` ${byteRange.offset}-${byteRange.length}` : '';
  return `${playlist} ${mediaSequence} ${id}${range}`;
}

function streamUrl(parent: Parent | undefined, url: string): string {
  return withoutQuery(parent ? new URL(parent.url, url).href : url);
}

/** Without the host where it is the rendition's: one server may go by several names, and each viewer is told of its own. */
function parentUrl(url: string, rendition: string): string {
  const { origin, pathname } = new URL(url);
  return origin === new URL(rendition).origin ? pathname : origin + pathname;
}

function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '');
}

/** Delivery directives ask for another view of the same playlist (draft-pantos-hls-rfc8216bis §6.2.5). */
function withoutDirectives(url: string): string {
  if (!url.includes('_HLS_')) return url;
  const [path = '', query = ''] = url.split(/\?(.*)/s);
  const rest = query.split('&').filter((param) => !param.startsWith('_HLS_'));
  return rest.length > 0 ? `${path}?${rest.join('&')}` : path;
}
