import { type ControlMessage, encodeFrame } from './control.js';

/** What nobody waits for goes out with the next message that somebody does wait for, or after this, ms. */
const LAZY_MS = 40;
const LAZY: ReadonlySet<ControlMessage['t']> = new Set(['have', 'part', 'new']);
/** What can wait for any other message to go out with. */
const RIDING: ReadonlySet<ControlMessage['t']> = new Set(['lost', 'links']);
/** It goes by itself when so many messages wait. */
const MAX_WAITING = 16;

/** Gathers a link's control messages into few frames, in their order. */
export class Outbox {
  #messages: ControlMessage[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly sendFrame: (frame: string) => void) {}

  /** @param rides it can wait for any other message to go out with */
  post(message: ControlMessage, rides = RIDING.has(message.t)): void {
    // A segment that has come whole meanwhile is no longer being received.
    if (message.t === 'have') {
      this.#messages = this.#messages.filter((other) => other.t !== 'part' || !message.h.includes(other.h));
    }
    if (message.t === 'links') this.#messages = this.#messages.filter((other) => other.t !== 'links');
    this.#messages.push(message);
    if (rides && this.#messages.length < MAX_WAITING) return;
    if (!rides && !LAZY.has(message.t)) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), LAZY_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const messages = this.#messages;
    this.#messages = [];
    if (messages.length > 0) this.sendFrame(encodeFrame(messages));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#messages = [];
  }
}
