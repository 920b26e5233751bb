/** A live feed, as data. What is left out is as an ordinary encoder has it. */
export interface Feed {
  /** Segments in a playlist. Default 4. */
  readonly window?: number;
  /**
   * A segment's URI: `{n}` is its number, modulo `ring`; `{load}` the number of the playlist's load, in which it stands; `{edge}` the
   * origin of the host whose turn it is. Default `seg{n}.ts`.
   */
  readonly uri?: string;
  readonly ring?: number;
  /** EXT-X-MEDIA-SEQUENCE: as it should be, left out, or always that of the first playlist. */
  readonly sequence?: 'counted' | 'missing' | 'constant';
  /** What is added to the numbers in EXT-X-MEDIA-SEQUENCE. */
  readonly firstNumber?: bigint;
  /** The encoder begins anew at step `at`, with other bytes from number 0 on, and `listed` segments in its first playlist. */
  readonly restart?: { readonly at: number; readonly listed?: number; readonly duration?: number };
  /** From step `at` on nothing new comes, and the playlist ends in `tail`; without its segments, if so said. */
  readonly end?: { readonly at: number; readonly tail?: string; readonly empty?: boolean };
  /** Each segment whose number has the rest 1 to this base is the same slate, `slate.ts`. */
  readonly slates?: number;
  /** From step `at` on, an advertisement stands before segment `before`. */
  readonly inserted?: { readonly at: number; readonly before: number };
  /** Every other load shows another encoder's window, whose numbers are so much higher. */
  readonly alternating?: number;
  /** All segments are ranges of this one file. */
  readonly singleFile?: string;
  /** s. Default 1. */
  readonly duration?: number;
  /** Further lines of the head. */
  readonly head?: readonly string[];
  /** Replacements in the finished text, in this order. */
  readonly edits?: readonly (readonly [pattern: RegExp, by: string])[];
}

/** Which bytes: number `n` of the encoder's run. */
export interface Content {
  readonly run: number;
  readonly n: number;
}

/** The number of slates and advertisements, and their run. */
export const EXTRA_RUN = 9;
const SLATE: Content = { run: EXTRA_RUN, n: 0 };
const ADVERTISEMENT: Content = { run: EXTRA_RUN, n: 1 };
/** The run of the other one of two alternating encoders. */
const OTHER_RUN = 5;

interface Listed extends Content {
  readonly uri: string;
}

/** The URI with everything but its number filled in. */
function template({ uri = 'seg{n}.ts' }: Feed, number: number): string {
  return uri.replaceAll('{n}', String(number));
}

/** What the playlist lists at a step, and the number of its first segment. */
function windowAt(feed: Feed, step: number, load: number): { first: number; listed: Listed[]; run: number } {
  const { window = 4, restart, end, ring = Number.POSITIVE_INFINITY, slates, inserted, alternating = 0 } = feed;
  const now = Math.min(step, end?.at ?? step);
  const restarted = restart !== undefined && now >= restart.at;
  const other = alternating > 0 && load % 2 === 1;
  const run = other ? OTHER_RUN : restarted ? 1 : 0;
  const newest = (restarted ? now - restart.at + (restart.listed ?? 1) : now + window) - 1 + (other ? alternating : 0);
  const first = Math.max(other ? alternating : 0, newest - window + 1);
  const listed: Listed[] = [];
  for (let n = first; n <= newest; n++) {
    if (inserted !== undefined && now >= inserted.at && n === inserted.before) {
      listed.push({ ...ADVERTISEMENT, uri: 'ad.ts' });
    }
    if (slates !== undefined && n % slates === 1) listed.push({ ...SLATE, uri: 'slate.ts' });
    else listed.push({ run, n, uri: template(feed, ring === Number.POSITIVE_INFINITY ? n : n % ring) });
  }
  return { first, listed, run };
}

/** The segments that stand in the playlist at a step, in order. */
export function contentsAt(feed: Feed, step: number, load: number): readonly Content[] {
  return windowAt(feed, step, load).listed;
}

/**
 * The playlist at a step.
 * @param load how often it was loaded before
 * @param edge the origin of the host whose turn it is
 * @param rangeOf where a segment lies in the single file
 */
export function playlistAt(
  feed: Feed,
  step: number,
  load: number,
  edge: string,
  rangeOf: (content: Content) => { offset: number; length: number },
): string {
  const { sequence = 'counted', firstNumber = 0n, head = [], end, edits = [], singleFile, restart } = feed;
  const { first, listed, run } = windowAt(feed, step, load);
  const duration = (run === 1 ? restart?.duration : undefined) ?? feed.duration ?? 1;
  const number = firstNumber + BigInt(sequence === 'constant' ? 0 : first);
  const ended = end !== undefined && step >= end.at;
  const segments = listed.flatMap((content) => {
    const { offset, length } = singleFile === undefined ? { offset: 0, length: 0 } : rangeOf(content);
    const uri = content.uri.replaceAll('{load}', String(load)).replaceAll('{edge}', edge);
    const range = singleFile === undefined ? [] : [`#EXT-X-BYTERANGE:${length}@${offset}`];
    return [`#EXTINF:${duration},`, ...range, singleFile ?? uri];
  });
  const lines = [
    '#EXTM3U',
    `#EXT-X-TARGETDURATION:${Math.ceil(duration)}`,
    ...(sequence === 'missing' ? [] : [`#EXT-X-MEDIA-SEQUENCE:${number}`]),
    ...head,
    ...(ended && end.empty ? [] : segments),
  ];
  const text = `${lines.join('\n')}\n${ended ? (end.tail ?? '#EXT-X-ENDLIST\n') : ''}`;
  return edits.reduce((edited, [pattern, by]) => edited.replace(pattern, by), text);
}

/** What a path and query names at a step: what was written there last. */
export function contentOf(feed: Feed, target: string, step: number): Content | undefined {
  if (/^\/slate\.ts/.test(target)) return SLATE;
  if (/^\/ad\.ts/.test(target)) return ADVERTISEMENT;
  const { uri = 'seg{n}.ts', ring, alternating = 0 } = feed;
  const escaped = uri.replace('{edge}', '').replace(/[.*+?^$()|[\]\\]/g, '\\$&');
  const pattern = escaped.replaceAll('{n}', '(?<n>\\d+)').replaceAll('{load}', '\\d+');
  const digits = new RegExp(`^/?${pattern.replace(/^\//, '')}$`).exec(target)?.groups?.n;
  if (digits === undefined) return undefined;
  const number = Number(digits);
  if (alternating > 0 && number >= alternating) return { run: OTHER_RUN, n: number };
  for (const { run, from, newest } of runsUntil(feed, step)) {
    const n = ring === undefined ? number : newest - ((((newest - number) % ring) + ring) % ring);
    if (n >= from && n <= newest) return { run, n };
  }
  return undefined;
}

/** The numbers that each run has written, the latest run first. */
function runsUntil({ window = 4, restart, end }: Feed, step: number): { run: number; from: number; newest: number }[] {
  const now = Math.min(step, end?.at ?? step);
  const first = { run: 0, from: 0, newest: Math.min(now, (restart?.at ?? Number.POSITIVE_INFINITY) - 1) + window - 1 };
  if (restart === undefined || now < restart.at) return [first];
  const { at, listed = 1 } = restart;
  return [{ run: 1, from: Math.max(0, listed - window), newest: now - at + listed - 1 }, first];
}
