#!/usr/bin/env node
import { main } from './main.js';
import { StatusLine } from './status-line.js';

/** The second signal ends the process at once, as if nobody listened. */
const stopped = new Promise<void>((resolve) => {
  process.once('SIGINT', () => resolve());
  process.once('SIGTERM', () => resolve());
});

const status = new StatusLine(process.stderr);
process.exitCode = await main(process.argv.slice(2), {
  out: (line) => {
    status.clear();
    console.log(line);
  },
  err: (line) => {
    status.clear();
    console.error(line);
  },
  status: process.stderr.isTTY ? (line) => status.draw(line) : undefined,
  stopped: () => stopped,
});

// An upstream that does not answer must not keep the process: what is still open by then is cut, ms.
setTimeout(() => process.exit(), 300).unref();
