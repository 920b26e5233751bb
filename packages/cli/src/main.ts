import { createServer } from './create-server.js';
import { Failure, UsageError } from './errors.js';
import { estimateText } from './estimate/estimate.js';
import { parseEstimateOptions } from './estimate/estimate-options.js';
import { help } from './help/help.js';
import { parseHelpOptions } from './help/help-options.js';
import { isLoopbackHost } from './http/authority.js';
import { magnetize } from './magnetize/magnetize.js';
import { parseMagnetizeOptions } from './magnetize/magnetize-options.js';
import { openBrowser } from './open-browser.js';
import { type CliOptions, parseOptions } from './options.js';
import type { Log } from './source.js';
import { type Printer, printerTo, type Terminal } from './terminal.js';
import { runTracker } from './tracker/run-tracker.js';
import { parseTrackerOptions } from './tracker/tracker-options.js';
import { ESTIMATE_USAGE, HELP_USAGE, MAGNETIZE_USAGE, TRACKER_USAGE, USAGE } from './usage.js';
import { version } from './version.js';

type Command = (argv: readonly string[], terminal: Terminal, printer: Printer) => Promise<void>;

/** Runs a command, or prints how it is used. */
const commandOf =
  <Options extends object>(
    usage: string,
    parse: (argv: readonly string[]) => Options | 'help',
    run: (options: Options, printer: Printer, terminal: Terminal) => Promise<void> | void,
  ): Command =>
  async (argv, terminal, printer) => {
    const options = parse(argv);
    if (options === 'help') terminal.out(usage);
    else await run(options, printer, terminal);
  };

/** The commands that are named first. */
const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['magnetize', commandOf(MAGNETIZE_USAGE, parseMagnetizeOptions, magnetize)],
  [
    'estimate',
    commandOf(ESTIMATE_USAGE, parseEstimateOptions, (options, _, terminal) => terminal.out(estimateText(options))),
  ],
  ['help', commandOf(HELP_USAGE, parseHelpOptions, help)],
  ['tracker', commandOf(TRACKER_USAGE, parseTrackerOptions, runTracker)],
]);

/**
 * Runs the command line to its end.
 * @param argv Without the interpreter and the script.
 * @returns The exit code: 0 after a stop signal or when the work is done, 1 on failure, 2 on bad usage.
 */
export async function main(argv: readonly string[], terminal: Terminal): Promise<0 | 1 | 2> {
  const printer = printerTo(terminal);
  try {
    const command = COMMANDS.get(argv[0] ?? '');
    if (command) {
      await command(argv.slice(1), terminal, printer);
      return 0;
    }
    const options = parseOptions(argv);
    if (options === 'help') terminal.out(USAGE);
    else if (options === 'version') printer.out(version());
    else await serve(options, printer);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      const command = COMMANDS.has(argv[0] ?? '') ? `${argv[0]} ` : '';
      printer.err(`live-torrent: ${error.message}`, `Try live-torrent ${command}--help`);
      return 2;
    }
    if (error instanceof Failure) printer.err(`live-torrent: ${error.message}`, ...error.more);
    else printer.err(...failureOfOurs(error));
    return 1;
  }
}

/** What nobody has expected, with where it comes from. */
export function failureOfOurs(error: unknown): string[] {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return ['live-torrent: this is a fault of live-torrent:', ...text.split('\n')];
}

async function serve(options: CliOptions, printer: Printer): Promise<void> {
  const stopped = printer.stopped();
  const server = await createServer(options, logOf(options, printer));
  try {
    await Promise.race([server.listen().then(() => announce(server.url, options, printer)), stopped]);
    await stopped;
  } finally {
    await server.close();
  }
}

function announce(url: string, options: CliOptions, printer: Printer): void {
  if (options.site) printer.out(`watch   ${url}`);
  printer.out(`stream  ${url}manifest.m3u8`);
  if (options.tls === undefined && !isLoopbackHost(options.host)) {
    printer.out('Over plain HTTP, browsers on other hosts play without peers: give --tls-cert and --tls-key.');
  }
  if (options.open && options.site) openBrowser(url);
}

function logOf({ verbose }: CliOptions, printer: Printer): Log {
  return {
    info: (line) => printer.out(line),
    warn: (line) => printer.err(`live-torrent: ${line}`),
    manifest: (name, text) => {
      if (verbose) printer.out(`--- ${name} ${new Date().toISOString()}`, ...text.split(/\r?\n/));
    },
  };
}
