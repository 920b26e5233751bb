import { waitFor } from '../../harness/poll.mjs';
import { main } from '../../packages/cli/src/main.js';

/** `live-torrent`'s own `main` at work. */
export interface CliRun {
  /** Everything that it has printed. */
  output(): string;
  /** Where its stream is, without a final slash; undefined when it ends without one. */
  origin(): Promise<string | undefined>;
  /** Stops it, and resolves with its exit code. */
  stop(): Promise<0 | 1 | 2>;
}

export function runCli(args: readonly string[]): CliRun {
  let output = '';
  let stop = (): void => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const print = (line: string): void => {
    output += `${line}\n`;
  };
  let over = false;
  const ended = main(args, { out: print, err: print, status: undefined, stopped: () => stopped }).finally(() => {
    over = true;
  });
  const origin = (): string | undefined => /^stream {2}(\S+)\/manifest\.m3u8$/m.exec(output)?.[1];
  return {
    output: () => output,
    origin: async () => {
      await waitFor(`live-torrent ${args.join(' ')}`, () => over || origin() !== undefined, { interval: 5 });
      return origin();
    },
    stop: () => {
      stop();
      return ended;
    },
  };
}
