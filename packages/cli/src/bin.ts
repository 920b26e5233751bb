#!/usr/bin/env node
import { failureOfOurs, main } from './main.js';
import { StatusLine } from './status-line.js';
import { printerTo, type Terminal } from './terminal.js';

/** Faults that are printed. */
const MAX_FAULTS = 20;

/** The second signal ends the process at once, as if nobody listened. */
const stopped = new Promise<void>((resolve) => {
  process.once('SIGINT', () => resolve());
  process.once('SIGTERM', () => resolve());
});

const status = new StatusLine(process.stderr);
const terminal: Terminal = {
  out: (text) => {
    status.clear();
    console.log(text);
  },
  err: (text) => {
    status.clear();
    console.error(text);
  },
  status: process.stderr.isTTY ? (line) => status.draw(line) : undefined,
  stopped: () => stopped,
};

// Who read what is printed, such as `head`, may be gone before the command ends.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
// What goes wrong with one viewer's request is said, and must not end the others'.
let faults = 0;
process.on('uncaughtException', (error) => {
  if (faults++ < MAX_FAULTS) printerTo(terminal).err(...failureOfOurs(error));
});
process.exitCode = await main(process.argv.slice(2), terminal);

// An upstream that does not answer must not keep the process: what is still open by then is cut, ms.
setTimeout(() => process.exit(), 300).unref();
