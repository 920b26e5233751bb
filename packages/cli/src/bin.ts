#!/usr/bin/env node
import { main } from './main.js';

/** The second signal ends the process at once, as if nobody listened. */
const stopped = new Promise<void>((resolve) => {
  process.once('SIGINT', () => resolve());
  process.once('SIGTERM', () => resolve());
});

process.exitCode = await main(process.argv.slice(2), {
  out: (line) => console.log(line),
  err: (line) => console.error(line),
  stopped: () => stopped,
});

// An upstream that does not answer must not keep the process: what is still open by then is cut, ms.
setTimeout(() => process.exit(), 300).unref();
