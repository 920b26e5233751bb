import type { ListedSegment } from '../playlists/listed-segment.js';
import type { OriginRequestOf } from '../segment-source.js';
import { fetchFromOrigin, type OriginFetchOptions } from './origin-fetch.js';
import { missingRun, type Pieces, type RangeHosts, RUN_LENGTH, type Run } from './origin-runs.js';

export interface OriginDownloadOptions
  extends Pick<OriginFetchOptions, 'buffer' | 'fetch' | 'signal' | 'onAnswer' | 'onBytes'> {
  readonly source: ListedSegment;
  readonly hosts: RangeHosts;
  readonly originRequest: OriginRequestOf;
  readonly random: () => number;
  /** Others fetch at the same time: in runs, each takes another part first. */
  readonly split: boolean;
  /** Undefined while the pieces' length is not known. */
  readonly pieces: () => Pieces | undefined;
}

/**
 * Fetches from one source what is missing of a segment: up to 1 MiB by one GET, more in runs by Range once that spares bytes,
 * because some of it is here or others fetch too. A host that neither answered 206 nor said that it takes Range is asked for a
 * run only in the first case, and for the whole when it refuses.
 * @returns whether one answer brought all of it
 * @throws OriginError, AbortError as `fetchFromOrigin` does.
 */
export async function downloadMissing(options: OriginDownloadOptions): Promise<boolean> {
  const { source, buffer, hosts, signal } = options;
  const { url, range } = source;
  const fetched = new Set<number>();
  for (;;) {
    const run = nextRun(options, fetched);
    if (run === 'none') return false;
    const known = range ? true : hosts.honours(url);
    try {
      const request = await options.originRequest(url);
      const answer = await fetchFromOrigin({ ...options, url, request, range, run });
      const whole = answer.run.from === 0 && answer.run.to === buffer.byteLength;
      if (run && whole) hosts.learn(url, false);
      else if (answer.acceptsRanges && known !== false) hosts.learn(url, true);
      if (whole) return true;
      const pieceLength = options.pieces()?.pieceLength ?? buffer.byteLength;
      for (let at = answer.run.from; at < answer.run.to; at += pieceLength) fetched.add(at / pieceLength);
    } catch (error) {
      if (!run || signal.aborted || known !== undefined) throw error;
      hosts.learn(url, false);
    }
  }
}

/** Whether a source gives parts of a segment that is long enough for it, bytes; undefined: nobody knows. */
export function takesRuns(
  length: number,
  source: Pick<ListedSegment, 'url' | 'range'>,
  hosts: RangeHosts,
): boolean | undefined {
  if (length <= RUN_LENGTH) return false;
  return source.range ? true : hosts.honours(source.url);
}

/** What to ask for next; undefined: the whole. */
function nextRun(
  { source, buffer, hosts, random, split, pieces }: OriginDownloadOptions,
  fetched: ReadonlySet<number>,
): Run | undefined | 'none' {
  const here = pieces();
  const honours = takesRuns(buffer.byteLength, source, hosts);
  if (!here || honours === false) return undefined;
  const { pieceLength, verified, asked } = here;
  const begun = verified.size > 0 || fetched.size > 0;
  if (!(begun || (split && honours))) return undefined;
  const isMissing = (index: number): boolean => !verified.has(index) && !fetched.has(index);
  const run = (isWanted: (index: number) => boolean): Run | undefined =>
    missingRun(buffer.byteLength, pieceLength, isWanted, split ? random() : 0);
  // What viewers are about to send comes last.
  return run((index) => isMissing(index) && !asked.has(index)) ?? run(isMissing) ?? 'none';
}
