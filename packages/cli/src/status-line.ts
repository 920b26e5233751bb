import { clearLine, cursorTo } from 'node:readline';
import type { WriteStream } from 'node:tty';

/** The last line of a terminal, drawn again and again. */
export class StatusLine {
  #drawn = false;

  constructor(readonly terminal: WriteStream) {}

  draw(line: string): void {
    this.clear();
    // A line that wraps could not be drawn over.
    this.terminal.write(line.slice(0, (this.terminal.columns || 80) - 1));
    this.#drawn = true;
  }

  /** Makes way for other output. */
  clear(): void {
    if (!this.#drawn) return;
    cursorTo(this.terminal, 0);
    clearLine(this.terminal, 0);
    this.#drawn = false;
  }
}
