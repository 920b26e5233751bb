import type { Inbox } from './inbox.js';
import { ALIVE_INTERVAL, type PageReply } from './protocol.js';

/** How long a page may take to say whether a segment is its own, ms: its main thread may be busy. */
export const ANSWER_LIMIT = 2_000;

/** How long a page that has taken a request may be silent before it counts as vanished, ms. */
export const SILENCE_LIMIT = 4 * ALIVE_INTERVAL;

/** A page whose bytes keep coming may take this many deadlines in all. */
const DEADLINES = 4;

/** The reply that brings a body, or announces it. */
export type BodyReply = Extract<PageReply, { type: 'head' | 'bytes' | 'blob' | 'stream' }>;

/** Why none came: nobody answered, or the page said no, vanished, failed or was too slow. */
export type NoBody = 'unanswered' | 'refused';

/**
 * Waits for a body.
 * @param deadline longest time without new bytes, ms
 * @param taken whether the page has already said that the segment is its own
 */
export async function awaitBody(
  inbox: Inbox,
  deadline: number,
  now: () => number,
  taken = false,
): Promise<BodyReply | NoBody> {
  const end = now() + DEADLINES * deadline;
  let answered = taken;
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
      case 'head':
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
