import type { Environment } from './environment.js';
import { isPageReply, type PageReply, post, type WorkerReply } from './protocol.js';

const BROKEN: PageReply = { type: 'error', message: 'The exchange is over.' };

/** Replies that may wait to be read; a page sends few, and chunks only when they are pulled. */
const QUEUE_LIMIT = 64;

/** The worker's end of one segment's port: replies can be awaited, each wait is bounded. */
export class Inbox {
  readonly #port: MessagePort;
  readonly #schedule: Environment['schedule'];
  readonly #queue: PageReply[] = [];
  #waiter: ((reply: PageReply | undefined) => void) | undefined;
  #open = true;

  /** `signal` is the player's: when it gives up, so does the page. */
  constructor(port: MessagePort, signal: AbortSignal, schedule: Environment['schedule']) {
    this.#port = port;
    this.#schedule = schedule;
    port.onmessage = ({ data }) => this.#take(isPageReply(data) ? data : BROKEN);
    port.onmessageerror = () => this.#take(BROKEN);
    if (signal.aborted) this.cancel();
    else signal.addEventListener('abort', () => this.cancel(), { once: true });
  }

  /** Whether the exchange goes on. */
  get open(): boolean {
    return this.#open;
  }

  /** The next reply; `undefined` after `ms` without one. */
  next(ms: number): Promise<PageReply | undefined> {
    const queued = this.#queue.shift();
    if (queued || !this.#open) return Promise.resolve(queued ?? BROKEN);
    return new Promise((resolve) => {
      const prevent = this.#schedule(() => this.#waiter?.(undefined), ms);
      this.#waiter = (reply) => {
        this.#waiter = undefined;
        prevent();
        resolve(reply);
      };
    });
  }

  post(reply: WorkerReply): void {
    this.#port.postMessage(post(reply));
  }

  /** Tells the page that its answer is no longer wanted. */
  cancel(): void {
    if (!this.#open) return;
    this.post({ type: 'cancel' });
    this.close();
  }

  /** Ends the exchange; a pending wait gets an error. */
  close(): void {
    this.#open = false;
    this.#port.close();
    this.#waiter?.(BROKEN);
  }

  #take(reply: PageReply): void {
    if (this.#waiter) this.#waiter(reply);
    else if (this.#queue.length < QUEUE_LIMIT) this.#queue.push(reply);
  }
}
