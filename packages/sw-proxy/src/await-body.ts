import type { Inbox } from './inbox.js';
import { ALIVE_INTERVAL, type PageReply } from './protocol.js';

/** How long a page may take to say whether a segment is its own, ms: its main thread may be busy. */
export const ANSWER_LIMIT = 2_000;

/** How long a page that has taken a request may be silent before it counts as vanished, ms. */
export const SILENCE_LIMIT = 4 * ALIVE_INTERVAL;

/** A page whose bytes keep coming may take this many deadlines in all. */
const DEADLINES = 4;

/** The reply that brings a body, or begins it. */
export type BodyReply = Extract<PageReply, { type: 'bytes' | 'blob' | 'stream' }>;

/** Why none came: nobody answered, or the page said no, vanished, failed or was too slow. */
export type NoBody = 'unanswered' | 'refused';

/**
 * Waits for a body.
 * @param deadline longest time without new bytes, ms
 */
export async function awaitBody(inbox: Inbox, deadline: number, now: () => number): Promise<BodyReply | NoBody> {
  const end = now() + DEADLINES * deadline;
  let answered = false;
  let next = now() + deadline;
  let loaded = 0;
  for (;;) {
    const reply = await inbox.next(Math.max(0, Math.min(answered ? SILENCE_LIMIT : ANSWER_LIMIT, next - now())));
    switch (reply?.type) {
      case 'mine':
        answered = true;
        break;
      case 'alive':
        answered = true;
        if (reply.loaded > loaded) next = Math.min(end, now() + deadline);
        loaded = Math.max(loaded, reply.loaded);
        break;
      case 'bytes':
      case 'blob':
      case 'stream':
        return reply;
      case undefined:
        return answered ? 'refused' : 'unanswered';
      default:
        return 'refused';
    }
  }
}

/**
 * Waits for the next bytes of a body that has begun; undefined when none come.
 * @param deadline longest time without any, ms
 */
export async function awaitChunk(inbox: Inbox, deadline: number, now: () => number): Promise<ArrayBuffer | undefined> {
  const end = now() + deadline;
  for (;;) {
    const reply = await inbox.next(Math.max(0, Math.min(SILENCE_LIMIT, end - now())));
    if (reply?.type === 'chunk') return reply.bytes;
    if (reply?.type !== 'alive') return undefined;
  }
}
