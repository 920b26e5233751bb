import {
  ALIVE_INTERVAL,
  isWorkerReply,
  type PageReply,
  type PlayerRequest,
  post,
  type RequestedRange,
  type SegmentHead,
} from '@live-torrent/sw-proxy/protocol';
import { likePlayer } from '../origin/origin-requests.js';
import type { KeptBytes, SegmentBytes, SegmentProgress, SegmentSource } from '../segment-source.js';
import type { Every } from './container.js';
import type { ContentTypes } from './content-types.js';
import { type FoundSegment, findSegment } from './find-segment.js';
import { sliceOf } from './slice.js';

/** Up to this many bytes go over in one transfer, larger bodies as they are pulled, so that no second copy is held. */
export const WHOLE_LIMIT = 2 * 1024 * 1024;

/** Bytes of one pulled chunk. */
export const CHUNK_LENGTH = 256 * 1024;

/** How long a blob's URL holds, ms: the worker asks for it at once, or after `PACE_LIMIT`. */
export const BLOB_LIFE_MS = 10_000;

/**
 * A body begins when this part of the segment is here, of it that part from the front: viewers bring the end meanwhile, and the
 * front would come too slowly alone.
 */
const BEGUN_SHARE = 0.25;
const BEGUN_FRONT = 0.125;

/** A worker's request for one segment, and what is needed to answer it. */
export interface SegmentQuery {
  readonly url: string;
  readonly range: RequestedRange | undefined;
  readonly request: PlayerRequest;
  /** Whether the bytes are wanted as a blob. */
  readonly blob: true | undefined;
  readonly port: MessagePort;
  readonly source: SegmentSource;
  readonly contentTypes: ContentTypes;
  readonly every: Every;
  /** Called once, when nothing more will be said. */
  readonly onEnd: (answer: SegmentAnswer) => void;
}

/** The page's side of one segment request; answers on the request's port from construction on. */
export class SegmentAnswer {
  readonly #query: SegmentQuery;
  readonly #abort = new AbortController();
  readonly #found: FoundSegment | undefined;
  #stopAlive = (): void => {};
  #loaded = 0;
  #ended = false;
  /** A body that goes over as it is pulled, the first byte included as soon as there is one. */
  #streams = false;
  /** What is here of the segment, and which bytes of it are still to be given. */
  #here: KeptBytes | undefined;
  #next = 0;
  #until = 0;
  /** Where not all that was given was verified before: what it was taken from. */
  #trusted: KeptBytes | undefined;
  /** The worker waits for more. */
  #pulled = false;

  constructor(query: SegmentQuery) {
    this.#query = query;
    query.port.onmessage = ({ data }) => {
      if (!isWorkerReply(data)) return;
      if (data.type === 'pull') {
        this.#pulled = true;
        this.#sayChunk();
      } else this.#cancel();
    };
    this.#found = this.#find();
    if (!this.#found) {
      this.#end({ type: 'not-mine' });
      return;
    }
    this.#say({ type: 'mine' });
    this.#stopAlive = query.every(() => this.#say({ type: 'alive', loaded: this.#loaded }), ALIVE_INTERVAL);
    this.#found.bytes.then(
      (segment) => this.#sayBytes(segment),
      (error: unknown) => this.#fail(String(error)),
    );
  }

  /** Whether nothing more will be said. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Gives the request up; the worker goes to the network. */
  stop(): void {
    this.#abort.abort();
    this.#fail('The loader has ended.');
  }

  #find(): FoundSegment | undefined {
    const { source, url, range, request } = this.#query;
    return findSegment(source, url, range, {
      origin: likePlayer(url, request),
      requested: request.url,
      signal: this.#abort.signal,
      measured: true,
      onProgress: (progress) => {
        this.#loaded = Math.max(this.#loaded, progress.loaded);
        this.#sayBegun(progress);
      },
    });
  }

  /** @param length the segment's length, bytes */
  #headOf(length: number): SegmentHead | undefined {
    const contentType = this.#query.contentTypes.of(this.#query.url);
    const type = contentType === undefined ? {} : { contentType };
    if (this.#found?.offset !== undefined) return { offset: this.#found.offset, length, ...type };
    const slice = sliceOf(this.#query.range, length);
    return slice && { ...slice, total: length, ...type };
  }

  #sayBegun({ loaded, total, prefix, verified, bodyMs, contentType }: SegmentProgress): void {
    // Players take a slow body for a slow network, while waits for the first byte they learn to expect.
    if (this.#ended || this.#query.blob || bodyMs === undefined) return;
    // Of what is not verified yet nobody else brings anything.
    if (verified && (loaded < BEGUN_SHARE * total || prefix.length < BEGUN_FRONT * total)) return;
    this.#query.contentTypes.learn(this.#query.url, contentType);
    const head = this.#found && this.#headOf(total);
    // The headers shall be the origin's: as long as its Content-Type is not known they wait for all bytes.
    if (head?.contentType === undefined) return;
    if (!verified) this.#trusted = prefix;
    this.#stream(head, prefix, (bodyMs * head.length) / total);
  }

  #sayBytes({ bytes, contentType, timing }: SegmentBytes): void {
    if (this.#ended) return;
    const { url, contentTypes } = this.#query;
    contentTypes.learn(url, contentType);
    const head = this.#headOf(bytes.length);
    if (!head) {
      this.#end({ type: 'not-mine' });
      return;
    }
    const transferMs = (Math.max(0, timing.end - timing.firstByte) * head.length) / bytes.length || 0;
    const start = this.#startOf(head);
    const body = (): Uint8Array<ArrayBuffer> => bytes.copy(start, start + head.length);
    if (this.#query.blob) {
      const blob = URL.createObjectURL(new Blob([body()], { type: head.contentType as string }));
      setTimeout(() => URL.revokeObjectURL(blob), BLOB_LIFE_MS);
      this.#end({ type: 'blob', head, url: blob, transferMs });
      return;
    }
    if (!this.#streams && head.length <= WHOLE_LIMIT) {
      const { buffer } = body();
      this.#end({ type: 'bytes', head, bytes: buffer, transferMs }, [buffer]);
      return;
    }
    this.#stopAlive();
    if (this.#isAsGiven(bytes, start)) this.#stream(head, bytes, transferMs);
    else this.#fail('The origin sent other bytes.');
  }

  /** Whether what was given is verified now. */
  #isAsGiven(bytes: KeptBytes, start: number): boolean {
    const end = Math.min(this.#next, this.#trusted?.length ?? start);
    const right = bytes.copy(start, end);
    return this.#trusted?.copy(start, end).every((byte, at) => byte === right[at]) ?? true;
  }

  /** Where the body begins in the segment. */
  #startOf(head: SegmentHead): number {
    return this.#found?.offset === undefined ? head.offset : 0;
  }

  /** @param here the segment's bytes, or the first of them */
  #stream(head: SegmentHead, here: KeptBytes, transferMs: number): void {
    const start = this.#startOf(head);
    if (here.length <= start) return;
    this.#here = here;
    if (!this.#streams) {
      this.#next = start;
      this.#until = start + head.length;
      this.#say({ type: 'stream', head, transferMs });
    }
    this.#streams = true;
    this.#sayChunk();
  }

  #sayChunk(): void {
    if (!this.#pulled || !this.#here) return;
    const end = Math.min(this.#next + CHUNK_LENGTH, this.#until, this.#here.length);
    if (end <= this.#next) return;
    this.#pulled = false;
    const { buffer } = this.#here.copy(this.#next, end);
    this.#next = end;
    if (end < this.#until) this.#say({ type: 'chunk', bytes: buffer }, [buffer]);
    else this.#end({ type: 'chunk', bytes: buffer }, [buffer]);
  }

  #fail(message: string): void {
    this.#end({ type: 'error', message: message.slice(0, 500) });
  }

  #cancel(): void {
    this.#abort.abort();
    this.#end();
  }

  #say(reply: PageReply, transfer: Transferable[] = []): void {
    this.#query.port.postMessage(post(reply), transfer);
  }

  #end(reply?: PageReply, transfer?: Transferable[]): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stopAlive();
    if (reply) this.#say(reply, transfer);
    this.#query.port.close();
    this.#here = undefined;
    this.#trusted = undefined;
    this.#query.onEnd(this);
  }
}
