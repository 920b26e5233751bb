import { printable } from './printable.js';
import { redact } from './redact.js';

/** What `main` needs of the process. */
export interface Terminal {
  /** @param text one line or several, to be printed as it is */
  out(text: string): void;
  /** The same. */
  err(text: string): void;
  /** Draws a line over the one that it drew before; undefined where no terminal shows it. */
  readonly status: ((line: string) => void) | undefined;
  /** Resolves when the process is asked to stop. */
  stopped(): Promise<void>;
}

/** Where lines for people go, each an argument of its own. */
export interface Printer {
  out(...lines: readonly string[]): void;
  err(...lines: readonly string[]): void;
  readonly status: ((line: string) => void) | undefined;
  stopped(): Promise<void>;
}

/** The one way to the terminal: without secrets, and with nothing in a line that would do more than be seen there. */
export function printerTo(terminal: Terminal): Printer {
  const { status } = terminal;
  const textOf = (lines: readonly string[]): string => lines.map((line) => printable(redact(line))).join('\n');
  return {
    out: (...lines) => terminal.out(textOf(lines)),
    err: (...lines) => terminal.err(textOf(lines)),
    status: status && ((line) => status(textOf([line]))),
    stopped: () => terminal.stopped(),
  };
}
