import { attribute, parseAttributes } from './attributes.js';
import type { ByteRange, MediaSegment } from './segment.js';

/** A range whose offset is not written: it continues the previous range of the same resource. */
interface WrittenRange {
  readonly length: number;
  readonly offset: number | undefined;
}

/** The tags that have been read since the last URI: what the next URI's segment will be. */
export class SegmentState {
  readonly #baseUrl: string | undefined;
  readonly #rangeEnds = new Map<string, number>();
  #sequence = 0;
  #skipped = 0;
  #duration: number | undefined;
  #title = '';
  #range: WrittenRange | 'invalid' | undefined;
  #discontinuity = false;
  #gap = false;
  #hazard = false;

  constructor(baseUrl: string | undefined) {
    this.#baseUrl = baseUrl;
  }

  /** EXT-X-MEDIA-SEQUENCE: the Media Sequence Number of the first segment, those counted that EXT-X-SKIP leaves out. */
  startAt(mediaSequence: number): void {
    this.#sequence = mediaSequence + this.#skipped;
  }

  /** Takes one tag; tags that do not concern a single segment are ignored. Returns what is wrong with it, if anything. */
  tag(name: string, value: string): string | undefined {
    switch (name) {
      case '#EXTINF': {
        const duration = /^[ \t]*(\d+(?:\.\d*)?|\.\d+)/.exec(value)?.[1];
        const comma = value.indexOf(',');
        this.#duration = duration === undefined ? undefined : Number(duration);
        this.#title = comma < 0 ? '' : value.slice(comma + 1).trim();
        return duration === undefined ? 'EXTINF without a duration' : undefined;
      }
      case '#EXT-X-BYTERANGE': {
        const found = /^\s*(\d{1,15})(?:@(\d{1,15}))?\s*$/.exec(value);
        this.#range = found
          ? { length: Number(found[1]), offset: found[2] === undefined ? undefined : Number(found[2]) }
          : 'invalid';
        return found ? undefined : 'EXT-X-BYTERANGE is not <n>[@<o>]';
      }
      case '#EXT-X-DISCONTINUITY':
        this.#discontinuity = true;
        return undefined;
      case '#EXT-X-GAP':
        this.#gap = true;
        return undefined;
      case '#EXT-X-SKIP': {
        const skipped = Number(attribute(parseAttributes(value), 'SKIPPED-SEGMENTS') ?? Number.NaN);
        if (!Number.isSafeInteger(skipped) || skipped < 0) return 'EXT-X-SKIP without SKIPPED-SEGMENTS';
        this.#skipped += skipped;
        this.#sequence += skipped;
        return undefined;
      }
      default:
        return undefined;
    }
  }

  /** Nothing can be written before the next URI without a player's taking it for something else. */
  refuseMagnet(): void {
    this.#hazard = true;
  }

  /**
   * The URI line that ends a segment. One without EXTINF is a segment, too, as for hls.js and VHS, which number it; no magnet stands before
   * it, since others pass over it.
   * @param uri with variables substituted; undefined: a variable is not defined
   * @param written the URI as it is in the playlist
   * @param usual the duration of a segment that says none, s
   */
  takeUri(uri: string | undefined, written: string, usual = 0): { segment: MediaSegment; eligible: boolean } {
    const duration = this.#duration;
    const url = uri === undefined ? undefined : absoluteUrl(uri, this.#baseUrl);
    const resource = url ?? uri ?? written;
    const byteRange = this.#resolveRange(resource);
    const rangeKnown = this.#range === undefined || byteRange !== undefined;
    const hazard = this.#hazard;
    const segment: MediaSegment = {
      uri: uri ?? written,
      ...(url === undefined ? {} : { url }),
      ...(byteRange === undefined ? {} : { byteRange }),
      mediaSequence: this.#sequence,
      duration: duration ?? usual,
      title: this.#title,
      discontinuity: this.#discontinuity,
      gap: this.#gap,
    };
    this.#duration = undefined;
    this.#title = '';
    this.#range = undefined;
    this.#hazard = false;
    this.#sequence++;
    this.#discontinuity = false;
    this.#gap = false;
    const eligible =
      uri !== undefined && duration !== undefined && rangeKnown && !segment.gap && !hazard && isSegmentUri(uri);
    return { segment, eligible };
  }

  #resolveRange(resource: string): ByteRange | undefined {
    const range = this.#range;
    if (range === undefined || range === 'invalid') return undefined;
    const offset = range.offset ?? this.#rangeEnds.get(resource);
    if (offset === undefined) return undefined;
    this.#rangeEnds.set(resource, offset + range.length);
    return range.length === 0 ? undefined : { offset, length: range.length };
  }
}

/** http(s) or relative to the playlist, and no playlist itself, as in lists of channels. */
function isSegmentUri(uri: string): boolean {
  if (/\.m3u8?(?:[?#]|$)/i.test(uri)) return false;
  const scheme = schemeOf(uri);
  return scheme === undefined || scheme === 'http' || scheme === 'https';
}

function schemeOf(uri: string): string | undefined {
  return /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(uri)?.[1]?.toLowerCase();
}

function absoluteUrl(uri: string, baseUrl: string | undefined): string | undefined {
  if (baseUrl === undefined && schemeOf(uri) === undefined) return undefined;
  try {
    const url = new URL(uri, baseUrl);
    if (url.hash !== '') url.hash = '';
    return url.href;
  } catch {
    return undefined;
  }
}
