// @ts-check
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { waitFor } from './poll.mjs';

/** A program that runs, and all that it printed. */
export class RunningProgram {
  output = '';

  /**
   * @param {string} command
   * @param {readonly string[]} args
   * @param {import('node:child_process').SpawnOptions} [options]
   */
  constructor(command, args, options = {}) {
    this.child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (/** @type {Buffer} */ chunk) => {
        this.output += chunk.toString();
      });
    }
  }

  get over() {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /**
   * Waits until `found` finds something, in what it has printed or elsewhere; kills it where that does not come.
   * @template T
   * @param {string} what named in the error
   * @param {(output: string) => T | Promise<T>} found
   * @param {import('./poll.mjs').PollOptions} [options]
   * @throws {Error} with all that it printed
   */
  async until(what, found, options) {
    try {
      return await waitFor(
        what,
        async () => {
          const seen = await found(this.output);
          if (!seen && this.over) throw new Error(`${what}: it ended with ${this.child.exitCode}`);
          return seen;
        },
        options,
      );
    } catch (error) {
      this.child.kill('SIGKILL');
      throw new Error(`${error instanceof Error ? error.message : error}\n${this.output}`);
    }
  }

  /**
   * Ends it, by SIGKILL where it does not within its time.
   * @param {{ signal?: NodeJS.Signals, within?: number }} [how] default SIGTERM and 5,000 ms
   * @returns {Promise<number | null>} its exit code
   */
  async stop({ signal = 'SIGTERM', within = 5_000 } = {}) {
    if (this.over) return this.child.exitCode;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    const last = setTimeout(() => this.child.kill('SIGKILL'), within);
    const [code] = await exited;
    clearTimeout(last);
    return code;
  }
}
