import { formatMagnet } from '../magnet.js';
import { annotateParsed } from '../playlist/annotate.js';
import { stripLines } from '../playlist/comment-lines.js';
import { limitOf, type PlaylistLimitError } from '../playlist/error.js';
import { renditionUrls } from '../playlist/multivariant.js';
import { type ParsedPlaylist, parsePlaylist } from '../playlist/parse.js';
import type { MediaSegment } from '../playlist/segment.js';
import type { Stream } from '../playlist/stream.js';
import { fromWorkingText, type Playlist, type Same, toWorkingText } from '../playlist/text.js';
import type { Variables } from '../playlist/variables.js';
import { boundedMap } from './bounded-map.js';
import { delay as delayed, within } from './delay.js';
import { KnownPlaylists, type KnownVersion, type Slot } from './known-playlists.js';
import { GuardedCache } from './magnet-cache.js';
import type { MagnetizerOptions, MagnetizerStats } from './magnetizer-options.js';
import { PartHashes } from './part-hashes.js';
import { Renditions } from './renditions.js';
import { SegmentChecks, wanted } from './segment-checks.js';
import { SegmentHashes } from './segment-hashes.js';
import type { SegmentUse } from './segment-uses.js';
import { type HashedSegment, SharedHashes } from './shared-hashes.js';
import { idOf } from './stream-id.js';
import { streamName } from './stream-name.js';
import { withoutTokens } from './url-parts.js';

export interface MagnetizeOptions {
  /** The playlist's absolute URL after redirects, with its query. */
  readonly url: string;
  /** Trackers for this playlist instead of the magnetizer's. */
  readonly announce?: readonly string[];
  /**
   * The ETag or Last-Modified (RFC 9110 §8.8) that the playlist came with. It alone tells that an encoder has begun anew with
   * the text that it had before.
   */
  readonly validator?: string | undefined;
  /** The caller waits no longer; hashing goes on for the others. */
  readonly signal?: AbortSignal;
}

export interface Magnetizer {
  /**
   * Annotates one playlist, held no longer than the time budget: segments that are not hashed by then go out without a magnet,
   * and have it in a later reload. Multivariant Playlists get the stream line alone.
   * Never rejects for what is in the playlist.
   */
  magnetize<T extends Playlist>(playlist: T, options: MagnetizeOptions): Promise<Same<T>>;
  stats(): MagnetizerStats;
  /** Gives up running reads. Playlists go on with the magnets that are known. */
  close(): void;
}

/** Between two reads of segments beyond `maxAtOnce`, ms. */
const BEYOND_EVERY = 1_000;
/** A playlist with EXT-X-ENDLIST is looked at again after so long, ms. */
const ENDED_CHECKED_AFTER = 600_000;

/** Makes a magnetizer: it reads and hashes segments once, however many playlists and viewers ask for them. */
export function createMagnetizer(options: MagnetizerOptions): Magnetizer {
  const { announce, timeBudget = 300, infoSegments = 2, maxCached = 50_000 } = options;
  const { resourceId = defaultResourceId, delay = delayed, now = () => performance.now() } = options;
  const cache = options.cache && new GuardedCache(options.cache, now);
  const renditions = new Renditions(cache, now);
  const { maxSegmentLength = 64 * 1024 * 1024, readTimeout = 20_000 } = options;
  const limits = { maxSegmentLength, readTimeout };
  const hashes = new SegmentHashes({
    reader: { readSegment: options.readSegment, validateSegment: options.validateSegment },
    shared: cache && new SharedHashes(cache),
    now,
    concurrency: options.concurrency ?? 8,
    maxQueued: options.maxQueued ?? 4_000,
    maxCached,
    ...limits,
    onError: options.onError,
  });
  const playlists = new KnownPlaylists({
    resourceId,
    mark: () => hashes.mark(),
    maxUses: maxCached,
    onError: options.onError,
  });
  const parts = new PartHashes({
    readSegment: options.readSegment,
    resourceId,
    delay,
    ...limits,
    onError: (error, part) => options.onError?.(error, part),
  });
  const told = boundedMap<number>(1_000);
  /** Once for each playlist and limit. */
  const tellLimit = (limit: PlaylistLimitError | undefined, playlist: string, url: string): void => {
    const key = `${limit?.reason} ${playlist}`;
    if (limit === undefined || told.get(key)) return;
    told.set(key, 1);
    options.onError?.(limit, { url, playlistUrl: url });
  };
  const counts = { playlists: 0, passedThrough: 0, malformed: 0, incomplete: 0, heldMs: 0 };
  const { maxAtOnce = options.isCheap ? Number.POSITIVE_INFINITY : 60 } = options;
  /** When a segment beyond that was last read, by playlist. */
  const beyond = boundedMap<number>(1_000);
  const checks = new SegmentChecks(hashes, delay, timeBudget);

  /** How many segments beyond `maxAtOnce` may be read now. */
  function allowanceOf(name: string): number {
    const since = beyond.get(name);
    const allowed = since === undefined ? 0 : Math.min(maxAtOnce, Math.floor((now() - since) / BEYOND_EVERY));
    if (since === undefined || allowed > 0) beyond.set(name, now());
    return allowed;
  }

  /** The magnets of all slots that are known within the time budget. */
  async function magnetsOf(name: string, version: KnownVersion, endList: boolean, call: MagnetizeOptions) {
    const { slots } = version;
    const unsure = options.isCheap
      ? await checks.some(slots, call.url)
      : await checks.ofRewritten(name, version, call.url);
    const magnets = new Map<MediaSegment, HashedSegment>();
    const missing: Promise<void>[] = [];
    const want = (slot: Slot, order: number): Promise<void> =>
      hashes.hash(wanted(slot, call.url, endList ? -1 : order)).then((hashed) => {
        if (!hashed) return;
        slot.use.hashed = hashed;
        slot.use.checked = now();
        magnets.set(slot.segment, hashed);
      });
    // Newest first: the live edge is where viewers meet. Of a playlist that has ended, they play the first first.
    const ordered = endList ? slots : [...slots].reverse();
    // A resource that is listed many times is read once.
    const reading = new Set<SegmentUse>();
    let allowance = ordered.length > maxAtOnce ? allowanceOf(name) : 0;
    for (const [i, slot] of ordered.entries()) {
      // Another playlist may have told that it has other bytes now.
      if (slot.use.hashed) slot.use.hashed = hashes.latest(slot.id) ?? slot.use.hashed;
      const { hashed, checked } = slot.use;
      if (hashed && !unsure.has(slot)) magnets.set(slot.segment, hashed);
      if (!hashed && i >= maxAtOnce && !reading.has(slot.use) && allowance-- <= 0) hashes.deferred++;
      else if (!hashed) {
        reading.add(slot.use);
        missing.push(want(slot, ordered.length - i));
      } else if (endList && now() - checked > ENDED_CHECKED_AFTER) void want(slot, 0);
    }
    if (missing.length > 0) {
      // It has waited for its segment already.
      const budget = isBlocking(call.url) ? 0 : timeBudget;
      const since = now();
      await within(Promise.all(missing), budget, delay, call.signal);
      counts.heldMs += now() - since;
    }
    return magnets;
  }

  async function annotate(
    text: string,
    parsed: ParsedPlaylist,
    name: string,
    call: MagnetizeOptions,
    imported: Variables | undefined,
  ) {
    const { url, validator } = call;
    const partLines = options.parts ? parts.linesOf(text, url, { url, imported }) : undefined;
    const version = playlists.take(name, { url, text, parsed, validator, now: now() });
    const { slots } = version;
    const magnets = await magnetsOf(name, version, parsed.endList, call);
    if (magnets.size < parsed.segments.filter(({ eligible }) => eligible).length) counts.incomplete++;
    // Who reloads so has the parts, or the segment's pieces from its links: they would be sent again with each part.
    const newest = parsed.endList || isBlocking(url) ? [] : slots.slice(Math.max(0, slots.length - infoSegments));
    const withInfo = new Set(newest.map(({ segment }) => segment));
    const magnetOf = (segment: MediaSegment): string | undefined => {
      const hashed = magnets.get(segment);
      if (!hashed) return undefined;
      return formatMagnet(withInfo.has(segment) ? hashed : { infoHash: hashed.infoHash, length: hashed.length });
    };
    return annotateParsed(text, parsed, magnetOf, streamOf(call), await partLines);
  }

  const nameOf = (url: string): string => resourceId(withoutDirectives(url), url);
  const streamOf = (call: MagnetizeOptions): Stream => ({
    stream: idOf(options.stream?.(call.url) ?? streamName(call.url)),
    announce: call.announce ?? announce ?? [],
  });

  return {
    async magnetize(playlist, call) {
      counts.playlists++;
      const text = stripLines(toWorkingText(playlist));
      const name = nameOf(call.url);
      const imported = await renditions.variablesFor(name);
      const parsed = parsePlaylist(text, playlist, { url: call.url, imported });
      if (parsed.problem) counts.malformed++;
      tellLimit(limitOf(text, parsed, playlist), name, call.url);
      if (parsed.kind === 'media' && parsed.segments.length > 0) {
        return fromWorkingText(await annotate(text, parsed, name, call, imported), playlist);
      }
      counts.passedThrough++;
      if (parsed.kind !== 'multivariant') return fromWorkingText(text, playlist);
      for (const url of renditionUrls(text, playlist, parsed, call.url)) {
        renditions.remember(nameOf(url), parsed.variables);
      }
      return fromWorkingText(
        annotateParsed(text, parsed, () => undefined, streamOf(call)),
        playlist,
      );
    },
    stats: () => ({
      ...counts,
      segmentsHashed: hashes.hashed,
      segmentBytesRead: hashes.bytesRead,
      partsHashed: parts.hashed,
      failures: hashes.failures + parts.failures,
      deferred: hashes.deferred,
      pending: hashes.pending,
      sharedHits: hashes.sharedHits,
      cacheFailures: cache?.failures ?? 0,
    }),
    close: () => {
      hashes.close();
      parts.close();
    },
  };
}

/** A blocking reload (draft-pantos-hls-rfc8216bis §6.2.5.2). */
const isBlocking = (url: string): boolean => /[?&]_HLS_msn=/.test(url);

/** A playlist goes by its URL without viewers' tokens, a segment by its URL. */
export function defaultResourceId(url: string, playlistUrl: string): string {
  const name = withoutTokens(url);
  return name === withoutTokens(playlistUrl) ? name : url;
}

/** Delivery directives ask for another view of the same playlist (draft-pantos-hls-rfc8216bis §6.2.5). */
function withoutDirectives(url: string): string {
  if (!url.includes('_HLS_')) return url;
  const [path = '', query = ''] = url.split(/\?(.*)/s);
  const rest = query.split('&').filter((param) => !param.startsWith('_HLS_'));
  return rest.length > 0 ? `${path}?${rest.join('&')}` : path;
}
