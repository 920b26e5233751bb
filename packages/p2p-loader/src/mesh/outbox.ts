import { type ControlMessage, encodeFrame } from './control.js';

/** What nobody waits for goes out with the next message that somebody does wait for, or after this, ms. */
const LAZY_MS = 40;
const LAZY: ReadonlySet<ControlMessage['t']> = new Set(['have', 'part', 'lost', 'new']);

/** Gathers a link's control messages into few frames, in their order. */
export class Outbox {
  #messages: ControlMessage[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly sendFrame: (frame: string) => void) {}

  post(message: ControlMessage): void {
    // A segment that has come whole meanwhile is no longer being received.
    if (message.t === 'have') {
      this.#messages = this.#messages.filter((other) => other.t !== 'part' || !message.h.includes(other.h));
    }
    this.#messages.push(message);
    if (!LAZY.has(message.t)) this.flush();
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
