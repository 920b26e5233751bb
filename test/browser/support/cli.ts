import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { waitFor } from './poll.js';
import { freePort } from './ports.js';

const bin = join(import.meta.dirname, '../../../packages/cli/dist/bin.js');

/** How long the CLI may take to answer SIGTERM, ms. */
const STOP_TIMEOUT_MS = 5_000;

/** What `GET /stats.json` tells. */
export interface CliStats {
  readonly segmentsHashed: number;
  readonly segmentRequests: number;
  readonly segmentBytesServed: number;
  readonly tracker: { readonly peers: number; readonly announces: number };
}

/** The `live-torrent` command as a process of its own. */
export class Cli {
  /** Everything it printed. */
  output = '';

  private constructor(
    private readonly child: ChildProcess,
    /** Where its page is, with a final slash. */
    readonly url: string,
  ) {
    const collect = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
  }

  /** Starts the command with `args` on a free port, and waits until it prints the page's URL. */
  static async start(args: readonly string[]): Promise<Cli> {
    const port = await freePort();
    const child = spawn(process.execPath, [bin, ...args, '-p', String(port)], { stdio: ['ignore', 'pipe', 'pipe'] });
    const url = `http://127.0.0.1:${port}/`;
    const cli = new Cli(child, url);
    try {
      await waitFor(`live-torrent ${args.join(' ')}`, () => {
        if (child.exitCode !== null) throw new Error(`live-torrent ended with ${child.exitCode}`);
        return cli.output.includes(url);
      });
    } catch (error) {
      child.kill('SIGKILL');
      throw new Error(`${(error as Error).message}\n${cli.output}`);
    }
    return cli;
  }

  async stats(): Promise<CliStats> {
    const response = await fetch(new URL('stats.json', this.url));
    return (await response.json()) as CliStats;
  }

  /** Stops it by SIGTERM. Resolves to its exit code. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode;
    const exited = once(this.child, 'exit') as Promise<[number | null]>;
    this.child.kill('SIGTERM');
    const last = setTimeout(() => this.child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    const [code] = await exited;
    clearTimeout(last);
    return code;
  }
}
