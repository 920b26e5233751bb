import { ControlError, type ControlMessage, decodeFrame } from './control.js';
import { ControlBudget } from './control-budget.js';

/** Reads what comes on a link's main channel, as far as the other side may send it. */
export class ControlReader {
  readonly #budget: ControlBudget;

  /** @param now ms */
  constructor(private readonly now: () => number) {
    this.#budget = new ControlBudget(now());
  }

  /** The messages of a frame; undefined where it is malformed, or more than may be sent. */
  read(frame: string): ControlMessage[] | undefined {
    const now = this.now();
    if (!this.#budget.frame(frame.length, now)) return undefined;
    try {
      const messages = decodeFrame(frame);
      return this.#budget.messages(messages.length, now) ? messages : undefined;
    } catch (error) {
      if (error instanceof ControlError) return undefined;
      throw error;
    }
  }
}
