import { awaitChunk, type BodyReply } from './await-body.js';
import type { Environment } from './environment.js';
import type { Inbox } from './inbox.js';
import { networkRest } from './network-rest.js';
import type { Settings } from './options.js';
import { chunkLength, dueMs, paceMs } from './pacing.js';

/** One segment request of a player, while it is answered. */
export interface Exchange {
  readonly request: Request;
  readonly inbox: Inbox;
  readonly environment: Environment;
  readonly settings: Settings;
}

/** A reply whose bytes come over the port. */
type BegunBody = Exclude<BodyReply, { type: 'blob' }>;

/**
 * The body of an answer, from the page, and from the network from where the page breaks off.
 * @param since when the player began to wait for it, by the environment's clock
 */
export function segmentBody(exchange: Exchange, reply: BegunBody, since: number): ReadableStream<Uint8Array> {
  const chunks = bodyChunks(exchange, reply, since);
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel() {
      exchange.inbox.cancel();
    },
  });
}

async function* bodyChunks(exchange: Exchange, reply: BegunBody, since: number): AsyncGenerator<Uint8Array> {
  const { length } = reply.head;
  const { inbox, environment, request } = exchange;
  let sent = 0;
  for await (const chunk of paced(pageChunks(exchange, reply, since), length, environment)) {
    sent += chunk.length;
    yield chunk;
  }
  if (sent === length) return inbox.close();
  if (!inbox.open) return;
  inbox.cancel();
  yield* networkRest(environment.fetch, request, reply.head, sent);
}

interface Chunk {
  readonly bytes: Uint8Array;
  /** When the whole body may have gone out, ms from the first chunk. */
  readonly ms: number;
}

/** Gives each chunk when it is due. */
async function* paced(chunks: AsyncGenerator<Chunk>, length: number, { now, schedule }: Environment) {
  let end = 0;
  let start = 0;
  let first = 0;
  for await (const { bytes, ms } of chunks) {
    if (end === 0) {
      start = now();
      first = bytes.length;
    }
    end += bytes.length;
    const wait = start + dueMs(end, first, length, ms) - now();
    if (wait > 0) await new Promise<void>((resolve) => schedule(resolve, wait));
    yield bytes;
  }
}

/** What the page gives; ends early when it breaks off. */
async function* pageChunks(
  { inbox, environment: { now }, settings }: Exchange,
  reply: BegunBody,
  since: number,
): AsyncGenerator<Chunk> {
  const { length } = reply.head;
  // What the player waited is a part of the transfer for it.
  const ms = settings.pacing ? paceMs(reply.transferMs, now() - since) : 0;
  if (reply.type === 'bytes') {
    const step = chunkLength(length, ms);
    for (let at = 0; at < length; at += step) {
      yield { bytes: new Uint8Array(reply.bytes, at, Math.min(step, length - at)), ms };
    }
    return;
  }
  for (let left = length; left > 0; ) {
    inbox.post({ type: 'pull' });
    const chunk = await awaitChunk(inbox, settings.deadline, now);
    if (!chunk || chunk.byteLength > left) return;
    left -= chunk.byteLength;
    yield { bytes: new Uint8Array(chunk), ms };
  }
}
