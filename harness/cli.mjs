// @ts-check
import { join } from 'node:path';
import { root } from './page-files.mjs';
import { RunningProgram } from './running-program.mjs';
import { freePort } from './serve.mjs';

/** The command as it is built. */
export const bin = join(root, 'packages/cli/dist/bin.js');

/**
 * What `GET /stats.json` tells.
 * @typedef {object} CliStats
 * @property {number} segmentsHashed
 * @property {number} segmentRequests
 * @property {number} segmentBytesServed
 * @property {{ readonly peers: number, readonly announces: number }} tracker
 */

/** The `live-torrent` command as a process of its own. */
export class Cli {
  #program;

  /** @param {RunningProgram} program @param {string} url */
  constructor(program, url) {
    this.#program = program;
    /** Where its page is, with a final slash. */
    this.url = url;
  }

  /**
   * Starts the command on a free port, and waits until it prints the page's URL.
   * @param {readonly string[]} args
   * @param {string} [host] the address that it listens on; default 127.0.0.1
   * @throws {Error} with all that it printed when it does not
   */
  static async start(args, host) {
    const port = await freePort();
    const program = new RunningProgram(process.execPath, [
      bin,
      ...args,
      '-p',
      String(port),
      ...(host ? ['--host', host] : []),
    ]);
    const url = `http://${host ?? '127.0.0.1'}:${port}/`;
    await program.until(`live-torrent ${args.join(' ')}`, (output) => output.includes(url));
    return new Cli(program, url);
  }

  /** Everything it printed. */
  get output() {
    return this.#program.output;
  }

  /** @returns {Promise<CliStats>} */
  async stats() {
    return (await fetch(new URL('stats.json', this.url))).json();
  }

  /** Stops it by SIGTERM. Resolves to its exit code. */
  stop() {
    return this.#program.stop();
  }
}
