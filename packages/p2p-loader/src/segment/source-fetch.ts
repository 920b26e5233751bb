import { downloadMissing, type OriginDownloadOptions, takesRuns } from '../origin/origin-download.js';
import { OriginError, reasonOf } from '../origin/origin-fetch.js';
import type { Run } from '../origin/origin-runs.js';
import type { ListedSegment } from '../playlists/listed-segment.js';
import type { KeptBytes } from '../segment-source.js';
import { NO_BYTES, SegmentContent } from './segment-content.js';

export interface SourceFetchEnvironment
  extends Pick<OriginDownloadOptions, 'fetch' | 'originRequest' | 'hosts' | 'random' | 'pieces' | 'onAnswer'> {
  /** The segment's bytes `[from, to)` are in the buffer, the last `fresh` of them since the last call. */
  onBytes(buffer: Uint8Array, run: Run, fresh: number): void;
  /**
   * A source has answered, with all of it in one answer if `whole`.
   * @throws OriginError where its bytes are wrong
   */
  onEnd(source: ListedSegment, buffer: Uint8Array, whole: boolean): Promise<void>;
  /** No source gave it. */
  onFailed(error: OriginError): void;
}

/** Asks the origin for one segment, at one of its places after the other, once at a time. */
export class SourceFetch {
  /** Where the origin has it, the latest listing last; empty for a segment that only other viewers named yet. */
  readonly sources = new Map<string, ListedSegment>();
  /** Bytes of the answer so far. */
  received = 0;
  /** The answer's bytes from the first one on, but for the last, unverified. None where it has several places: not all of them need be wrong. */
  front: KeptBytes = NO_BYTES;
  #running: AbortController | undefined;

  /** @param length the segment's, bytes */
  constructor(
    private readonly length: number,
    private readonly environment: SourceFetchEnvironment,
  ) {}

  /** From the question until what was answered is verified. */
  get running(): boolean {
    return this.#running !== undefined;
  }

  /** Whether the rest can be asked for without what is here. */
  get resumes(): boolean {
    const latest = this.#latest;
    return this.running && latest !== undefined && takesRuns(this.length, latest, this.environment.hosts) !== false;
  }

  /** The URL of the latest listing. */
  get url(): string {
    return this.#latest?.url ?? '';
  }

  get #latest(): ListedSegment | undefined {
    return [...this.sources.values()].at(-1);
  }

  list(listed: ListedSegment): void {
    const key = `${listed.url}#${listed.range?.offset ?? ''}`;
    this.sources.delete(key);
    this.sources.set(key, listed);
  }

  /** @param split in another order than others fetch it */
  start(split: boolean): void {
    const abort = new AbortController();
    this.#running = abort;
    this.received = 0;
    this.#ask(abort.signal, split).catch((error: OriginError) => {
      if (abort.signal.aborted) return;
      this.done();
      this.environment.onFailed(error);
    });
  }

  /** What is still on its way is not wanted. */
  stop(): void {
    this.#running?.abort();
    this.done();
  }

  /** All of the segment is verified, or nothing more comes of the answer. */
  done(): void {
    this.#running = undefined;
    this.front = NO_BYTES;
  }

  async #ask(signal: AbortSignal, split: boolean): Promise<void> {
    let failure: OriginError | undefined;
    const buffer = new Uint8Array(this.length);
    const { environment } = this;
    for (const source of [...this.sources.values()].reverse()) {
      try {
        const whole = await downloadMissing({
          ...environment,
          source,
          split,
          buffer,
          signal,
          onBytes: (run, fresh) => {
            this.received += fresh;
            this.#showFront(buffer, run);
            environment.onBytes(buffer, run, fresh);
          },
        });
        await environment.onEnd(source, buffer, whole);
        return;
      } catch (error) {
        if (signal.aborted) throw error;
        failure = error instanceof OriginError ? error : new OriginError(source.url, 0, reasonOf(error, String(error)));
      }
    }
    throw failure ?? new OriginError('', 0, 'no playlist names this segment');
  }

  #showFront(buffer: Uint8Array, { from, to }: Run): void {
    if (from === 0 && to < this.length && this.sources.size === 1) {
      this.front = SegmentContent.of(buffer.subarray(0, to), to);
    }
  }
}
