import type { HelperStats } from '@live-torrent/helper';
import { AnnounceTokens } from '@live-torrent/tracker';
import { Failure } from '../errors.js';
import type { Printer } from '../terminal.js';
import type { HelpOptions } from './help-options.js';
import { HelpReport, statusOf, sumsOf } from './help-report.js';

/** Where no terminal shows a status line, a line each, ms. */
const LINE_EVERY = 60_000;

/**
 * Helps until the stream has ended, the time is over or the process is asked to stop.
 * @throws {Failure} when it cannot be done at all
 */
export async function help(options: HelpOptions, printer: Printer): Promise<void> {
  // What else the command does needs no WebRTC.
  const { createHelper } = await import('@live-torrent/helper');
  const { secret, helper: made, json, report, seconds } = options;
  const { announce } = made;
  const tokens = secret === undefined ? undefined : new AnnounceTokens(secret, Date.now);
  const helper = createHelper({
    ...made,
    ...(announce && { announce: tokens ? () => announce.map((url) => tokens.addTo(url)) : announce }),
  });
  const begun = performance.now();
  let told = 0;
  const seen = new HelpReport();
  let last = '';
  helper.on('warning', ({ message }) => {
    // An upstream that is gone says the same each time.
    if (message !== last) printer.err(`live-torrent: ${message}`);
    last = message;
  });
  helper.on('stats', (stats) => {
    seen.see(stats, performance.now());
    if (json) return printer.out(JSON.stringify(jsonOf(stats)));
    const line = statusOf(sumsOf(stats));
    if (printer.status) printer.status(line);
    else if (performance.now() - told >= LINE_EVERY) {
      told = performance.now();
      printer.out(line);
    }
  });
  let failure: Error | undefined;
  helper.on('ended', (error) => {
    failure = error;
  });
  const over = seconds === undefined ? undefined : setTimeout(() => void helper.stop(), seconds * 1_000);
  void printer.stopped().then(() => helper.stop());
  await helper.ended;
  clearTimeout(over);
  if (failure) throw new Failure(failure.message);
  const table = report ? seen.table((performance.now() - begun) / 1_000) : undefined;
  if (table !== undefined) printer.out(...table);
}

function jsonOf(stats: HelperStats): object {
  const { state, memory, cpu, restarts } = stats;
  return { state, ...sumsOf(stats), memory, cpu, restarts };
}
