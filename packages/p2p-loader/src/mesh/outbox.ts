import { type ControlMessage, encodeFrame } from './control.js';

/** What nobody waits for goes out with the next message that somebody does wait for, or after this, ms. */
const LAZY_MS = 40;
/** The wait of what can wait for any other message to go out with. */
export const RIDES = Number.POSITIVE_INFINITY;
const WAITS: { readonly [T in ControlMessage['t']]?: number } = {
  have: LAZY_MS,
  part: LAZY_MS,
  new: LAZY_MS,
  lost: RIDES,
  links: RIDES,
  line: RIDES,
};
/** They go by themselves when so many messages wait. */
const MAX_WAITING = 16;

/** Gathers a link's control messages into few frames, in their order. */
export class Outbox {
  #messages: ControlMessage[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** How long that runs, ms. */
  #wait = RIDES;

  constructor(private readonly sendFrame: (frame: string) => void) {}

  /** @param wait how long it may wait for others to go out with, ms; default: as long as its type lets it */
  post(message: ControlMessage, wait = WAITS[message.t] ?? 0): void {
    // A segment that has come whole meanwhile is no longer being received.
    if (message.t === 'have') {
      this.#messages = this.#messages.filter((other) => other.t !== 'part' || !message.h.includes(other.h));
    }
    if (message.t === 'links' || message.t === 'line')
      this.#messages = this.#messages.filter(({ t }) => t !== message.t);
    this.#messages.push(message);
    if (wait === 0 || this.#messages.length >= MAX_WAITING) this.flush();
    else if (wait < this.#wait) {
      clearTimeout(this.#timer);
      this.#wait = wait;
      this.#timer = setTimeout(() => this.flush(), wait);
    }
  }

  /** The other side has these segments: it need not be told any more who else does. */
  withdraw(infoHashes: readonly string[]): void {
    this.#messages = this.#messages.filter((message) => {
      return message.t !== 'have' || !message.h.every((infoHash) => infoHashes.includes(infoHash));
    });
  }

  flush(): void {
    const messages = this.#messages;
    this.close();
    if (messages.length > 0) this.sendFrame(encodeFrame(messages));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#wait = RIDES;
    this.#messages = [];
  }
}
