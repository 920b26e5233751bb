import { createServer } from './create-server.js';
import { Failure, UsageError } from './errors.js';
import { estimateText } from './estimate/estimate.js';
import { parseEstimateOptions } from './estimate/estimate-options.js';
import { isLoopbackHost } from './http/authority.js';
import { magnetize } from './magnetize/magnetize.js';
import { parseMagnetizeOptions } from './magnetize/magnetize-options.js';
import { openBrowser } from './open-browser.js';
import { type CliOptions, parseOptions } from './options.js';
import { redact } from './redact.js';
import type { Log } from './source.js';
import { ESTIMATE_USAGE, MAGNETIZE_USAGE, USAGE } from './usage.js';
import { version } from './version.js';

/** What `main` needs of the process. */
export interface Terminal {
  out(line: string): void;
  err(line: string): void;
  /** Draws a line over the one that it drew before; undefined where no terminal shows it. */
  readonly status: ((line: string) => void) | undefined;
  /** Resolves when the process is asked to stop. */
  stopped(): Promise<void>;
}

/**
 * Runs the command line to its end.
 * @param argv Without the interpreter and the script.
 * @returns The exit code: 0 after a stop signal or when the work is done, 1 on failure, 2 on bad usage.
 */
export async function main(argv: readonly string[], terminal: Terminal): Promise<0 | 1 | 2> {
  try {
    if (argv[0] === 'magnetize') {
      const options = parseMagnetizeOptions(argv.slice(1));
      if (options === 'help') terminal.out(MAGNETIZE_USAGE);
      else await magnetize(options, terminal);
      return 0;
    }
    if (argv[0] === 'estimate') {
      const options = parseEstimateOptions(argv.slice(1));
      terminal.out(options === 'help' ? ESTIMATE_USAGE : estimateText(options));
      return 0;
    }
    const options = parseOptions(argv);
    if (options === 'help') terminal.out(USAGE);
    else if (options === 'version') terminal.out(version());
    else await serve(options, terminal);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      const command = argv[0] === 'magnetize' || argv[0] === 'estimate' ? `${argv[0]} ` : '';
      terminal.err(`live-torrent: ${redact(error.message)}\nTry live-torrent ${command}--help`);
      return 2;
    }
    if (!(error instanceof Failure)) throw error;
    terminal.err(`live-torrent: ${redact(error.message)}`);
    return 1;
  }
}

async function serve(options: CliOptions, terminal: Terminal): Promise<void> {
  const stopped = terminal.stopped();
  const server = await createServer(options, logOf(options, terminal));
  try {
    await Promise.race([server.listen().then(() => announce(server.url, options, terminal)), stopped]);
    await stopped;
  } finally {
    await server.close();
  }
}

function announce(url: string, options: CliOptions, terminal: Terminal): void {
  if (options.site) terminal.out(`watch   ${url}`);
  terminal.out(`stream  ${url}manifest.m3u8`);
  if (options.tls === undefined && !isLoopbackHost(options.host)) {
    terminal.out('Over plain HTTP, browsers on other hosts play without peers: give --tls-cert and --tls-key.');
  }
  if (options.open && options.site) openBrowser(url);
}

function logOf({ verbose }: CliOptions, terminal: Terminal): Log {
  return {
    info: (line) => terminal.out(redact(line)),
    warn: (line) => terminal.err(`live-torrent: ${redact(line)}`),
    manifest: (name, text) => {
      if (verbose) terminal.out(redact(`--- ${name} ${new Date().toISOString()}\n${text}`));
    },
  };
}
