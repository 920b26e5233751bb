import { keepNewest } from '../keep-newest.js';

/** Larger segments are fetched in runs of this length, where that spares bytes; bytes. */
export const RUN_LENGTH = 1024 * 1024;
/** Hosts remembered; a stream has one or two. */
const MAX_HOSTS = 64;

/** Bytes `[from, to)` of a segment. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

/** The pieces of a segment. */
export interface Pieces {
  /** Bytes. */
  readonly pieceLength: number;
  readonly verified: ReadonlySet<number>;
  /** Those that viewers were asked for and have not sent. */
  readonly asked: ReadonlySet<number>;
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
    keepNewest(this.#honours, MAX_HOSTS);
  }
}

/**
 * One run of what is missing of a segment, without a hole: on a narrow link what is here would come for nothing. Runs end at multiples of
 * `RUN_LENGTH`, so that viewers who have nothing ask for the same ranges and caches between them and the origin hold each once; and which one is
 * taken first is random, so that viewers who fetch at the same time do not all fetch the same.
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
  const runs: { from: number; to: number }[] = [];
  let run: { from: number; to: number } | undefined;
  for (let from = 0; from < length; from += pieceLength) {
    const to = Math.min(length, from + pieceLength);
    if (!isMissing(from / pieceLength)) run = undefined;
    else if (run && from % step > 0) run.to = to;
    else {
      run = { from, to };
      runs.push(run);
    }
  }
  return runs[Math.floor(u * runs.length)];
}
