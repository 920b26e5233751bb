/** Larger segments are fetched in runs of this length, where that spares bytes; bytes. */
export const RUN_LENGTH = 1024 * 1024;
/** Hosts remembered; a stream has one or two. */
const MAX_HOSTS = 64;

/** Bytes `[from, to)` of a segment. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

/** Whether hosts answer a Range request by 206 (RFC 9110 §14.2), as far as they were asked. */
export class RangeHosts {
  readonly #honours = new Map<string, boolean>();

  /** Undefined: it was not asked yet. */
  honours(url: string): boolean | undefined {
    return this.#honours.get(new URL(url).host);
  }

  learn(url: string, honours: boolean): void {
    this.#honours.set(new URL(url).host, honours);
    if (this.#honours.size > MAX_HOSTS) this.#honours.delete(this.#honours.keys().next().value as string);
  }
}

/**
 * One run of what is missing of a segment: runs begin at multiples of `RUN_LENGTH`, so that all viewers ask for the same
 * ranges and caches between them and the origin hold each once; and which one is taken first is random, so that viewers who
 * fetch at the same time do not all fetch the same.
 * @param length the segment's, bytes
 * @param pieceLength bytes; a power of two
 * @param isMissing whether piece `index` is missing
 * @param u uniform in [0, 1)
 * @returns whole pieces; undefined when none is missing
 */
export function missingRun(
  length: number,
  pieceLength: number,
  isMissing: (index: number) => boolean,
  u: number,
): Run | undefined {
  const step = Math.max(RUN_LENGTH, pieceLength);
  const runs: Run[] = [];
  for (let start = 0; start < length; start += step) {
    const missing: number[] = [];
    for (let at = start; at < Math.min(length, start + step); at += pieceLength) {
      if (isMissing(at / pieceLength)) missing.push(at);
    }
    const last = missing.at(-1);
    if (missing[0] !== undefined && last !== undefined) {
      runs.push({ from: missing[0], to: Math.min(length, last + pieceLength) });
    }
  }
  return runs[Math.floor(u * runs.length)];
}
