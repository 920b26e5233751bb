import { attribute, parseAttributes } from './attributes.js';
import { decimal } from './decimal.js';
import { parseUrl } from './parse-url.js';
import type { Reason } from './problem.js';
import type { ByteRange, MediaSegment } from './segment.js';

/** A range whose offset is not written: it continues the previous range of the same resource. */
interface WrittenRange {
  readonly length: number;
  readonly offset: number | undefined;
}

/** What the tags since the last URI say of the next segment. */
interface NextSegment {
  duration?: number | undefined;
  title?: string;
  date?: number;
  range?: WrittenRange | 'invalid';
  discontinuity?: boolean;
  gap?: boolean;
  hazard?: boolean;
}

/** The tags that have been read since the last URI: what the next URI's segment will be. */
export class SegmentState {
  readonly #baseUrl: string | undefined;
  readonly #rangeEnds = new Map<string, number>();
  #sequence = 0;
  #skipped = 0;
  #next: NextSegment = {};

  constructor(baseUrl: string | undefined) {
    this.#baseUrl = baseUrl;
  }

  /** EXT-X-MEDIA-SEQUENCE: the Media Sequence Number of the first segment, those counted that EXT-X-SKIP leaves out. */
  startAt(mediaSequence: number): void {
    this.#sequence = mediaSequence + this.#skipped;
  }

  /** Takes one tag; tags that do not concern a single segment are ignored. Returns what is wrong with it, if anything. */
  tag(name: string, value: string): Reason | undefined {
    switch (name) {
      case '#EXTINF': {
        const duration = /^[ \t]*(\d+(?:\.\d*)?|\.\d+)/.exec(value)?.[1];
        const comma = value.indexOf(',');
        this.#next.duration = duration === undefined ? undefined : Number(duration);
        this.#next.title = comma < 0 ? '' : value.slice(comma + 1).trim();
        return duration === undefined ? 'duration' : undefined;
      }
      case '#EXT-X-BYTERANGE': {
        const found = /^\s*(\d{1,15})(?:@(\d{1,15}))?\s*$/.exec(value);
        this.#next.range = found
          ? { length: Number(found[1]), offset: found[2] === undefined ? undefined : Number(found[2]) }
          : 'invalid';
        return found ? undefined : 'range';
      }
      case '#EXT-X-PROGRAM-DATE-TIME':
        this.#next.date = Date.parse(value.trim());
        return undefined;
      case '#EXT-X-DISCONTINUITY':
        this.#next.discontinuity = true;
        return undefined;
      case '#EXT-X-GAP':
        this.#next.gap = true;
        return undefined;
      case '#EXT-X-SKIP': {
        const skipped = decimal(attribute(parseAttributes(value), 'SKIPPED-SEGMENTS') ?? '');
        if (skipped === undefined) return 'skip';
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
    this.#next.hazard = true;
  }

  /**
   * The URI line that ends a segment. One without EXTINF is a segment, too, as for hls.js and VHS, which number it; no magnet stands before
   * it, since others pass over it.
   * @param uri with variables substituted; undefined: a variable is not defined
   * @param written the URI as it is in the playlist
   * @param usual the duration of a segment that says none, s
   */
  takeUri(uri: string | undefined, written: string, usual = 0): { segment: MediaSegment; eligible: boolean } {
    const { duration, title = '', range, date, discontinuity = false, gap = false, hazard } = this.#next;
    this.#next = {};
    const url = uri === undefined ? undefined : absoluteUrl(uri, this.#baseUrl);
    const byteRange = this.#resolveRange(range, url ?? uri ?? written);
    const segment: MediaSegment = {
      uri: uri ?? written,
      ...(url === undefined ? {} : { url }),
      ...(byteRange === undefined ? {} : { byteRange }),
      mediaSequence: this.#sequence++,
      duration: duration ?? usual,
      title,
      ...(date ? { programDateTime: date } : {}),
      discontinuity,
      gap,
    };
    const rangeKnown = range === undefined || byteRange !== undefined;
    const eligible = uri !== undefined && duration !== undefined && rangeKnown && !gap && !hazard && isSegmentUri(uri);
    return { segment, eligible };
  }

  #resolveRange(range: NextSegment['range'], resource: string): ByteRange | undefined {
    if (range === undefined || range === 'invalid') return undefined;
    const offset = range.offset ?? this.#rangeEnds.get(resource);
    if (offset === undefined) return undefined;
    this.#rangeEnds.set(resource, offset + range.length);
    return range.length === 0 ? undefined : { offset, length: range.length };
  }
}

/** http(s) or relative to the playlist, and no playlist itself, as in lists of channels. */
function isSegmentUri(uri: string): boolean {
  return /^(?:https?:|(?![a-z][a-z\d+.-]*:))/i.test(uri) && !/\.m3u8?(?:[?#]|$)/i.test(uri);
}

function absoluteUrl(uri: string, baseUrl: string | undefined): string | undefined {
  const url = parseUrl(uri, baseUrl);
  if (url?.hash) url.hash = '';
  return url?.href;
}
