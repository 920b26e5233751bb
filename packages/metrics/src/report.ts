/** Longest report, characters: it has some 400. */
export const MAX_REPORT = 4096;
/** A report is of this long at most, s: pages that sleep report when they wake. */
const MAX_SECONDS = 24 * 3600;
/** What a link of 2 Gbit/s carries, bytes a second: a report of more is none. */
const MAX_BYTES_A_SECOND = 250_000_000;
/** Of anything that is counted, a second: a report of more is none. */
const MAX_COUNT_A_SECOND = 1_000;
/** Longest time until a viewer has its first link, ms. */
const MAX_JOIN_MS = 3_600_000;

/** What a page tells of the time since its last report, version 1. All but `links` are sums over that time. */
export interface Report {
  /** The stream's id, as in the second line of its playlists: 40 hex digits. */
  readonly stream: string;
  /** How long that time was, s. */
  readonly seconds: number;
  /** Payload bytes of segments. */
  readonly bytes: {
    readonly peers: number;
    readonly origin: number;
    readonly helper: number;
    readonly uploaded: number;
  };
  /** Segments that the player was given, by where their bytes came from; `late`: those that took longer than they play. */
  readonly segments: {
    readonly peers: number;
    readonly helper: number;
    readonly origin: number;
    readonly mixed: number;
    readonly late: number;
  };
  /** Times that play stood still for want of media, and for how long, ms. */
  readonly stalls: number;
  readonly stalledMs: number;
  /** Pieces that failed verification. */
  readonly badPieces: number;
  /** Connections to other viewers that did not come up. */
  readonly failedLinks: number;
  /** Announces and answers sent to trackers. */
  readonly trackerMessages: number;
  /** Links that are open now. */
  readonly links: number;
  /** From the loader's start to its first link, ms: in the first report after it, else undefined. */
  readonly joinedMs: number | undefined;
}

/** Reads what a page has sent; undefined for all that is no report, however it is wrong. */
export function readReport(text: string): Report | undefined {
  if (text.length > MAX_REPORT) return undefined;
  const whole = recordOf(parse(text));
  const stream = whole.stream;
  const seconds = numberOf(whole.seconds, MAX_SECONDS);
  if (whole.v !== 1 || typeof stream !== 'string' || !/^[0-9a-f]{40}$/.test(stream) || !seconds) return undefined;
  const [bytes, segments] = [recordOf(whole.bytes), recordOf(whole.segments)];
  let isSound = true;
  const upTo = (most: number) => (value: unknown) => {
    const number = value === undefined ? 0 : numberOf(value, most);
    isSound &&= number !== undefined;
    return number ?? 0;
  };
  // However short the time was: what has arrived in a second may be counted in the next.
  const [size, count] = [upTo((seconds + 1) * MAX_BYTES_A_SECOND), upTo((seconds + 1) * MAX_COUNT_A_SECOND)];
  const report: Report = {
    stream,
    seconds,
    bytes: {
      peers: size(bytes.peers),
      origin: size(bytes.origin),
      helper: size(bytes.helper),
      uploaded: size(bytes.uploaded),
    },
    segments: {
      peers: count(segments.peers),
      helper: count(segments.helper),
      origin: count(segments.origin),
      mixed: count(segments.mixed),
      late: count(segments.late),
    },
    stalls: count(whole.stalls),
    stalledMs: upTo((seconds + 1) * 1000)(whole.stalledMs),
    badPieces: count(whole.badPieces),
    failedLinks: count(whole.failedLinks),
    trackerMessages: count(whole.trackerMessages),
    links: upTo(MAX_COUNT_A_SECOND)(whole.links),
    joinedMs: whole.joinedMs === undefined ? undefined : upTo(MAX_JOIN_MS)(whole.joinedMs),
  };
  return isSound ? report : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function numberOf(value: unknown, most: number): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= most ? value : undefined;
}
