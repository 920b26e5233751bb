import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { waitFor } from '../../../harness/poll.mjs';

/** What a server holds, by figure. */
export type Held = Readonly<Record<string, number>>;

interface ServerSample {
  readonly held: Held;
  readonly cpuSeconds: number;
  readonly delayMs: number;
}

/** How its clients fared. */
export interface Fared {
  readonly whole: number;
  readonly refused: number;
  readonly cut: number;
  readonly gaveUp: number;
  readonly again: number;
  readonly unannounced: number;
  readonly examples: readonly string[];
  /** Loads on their way. */
  readonly under: number;
  readonly delayMs: number;
}

const here = (name: string): string => join(import.meta.dirname, name);
/** What the sampler and the clients take to answer on a busy machine, ms. */
const ANSWER_MS = 120_000;

async function ask<T>(child: ChildProcess, word: string): Promise<T> {
  const answer = once(child, 'message', { signal: AbortSignal.timeout(ANSWER_MS) }) as Promise<[T]>;
  child.send(word);
  return (await answer)[0];
}

/** A server in a process of its own that tells what it holds, and clients of it in another. */
export class Watched {
  readonly samples: (readonly [minute: number, held: Held])[] = [];
  last: ServerSample | undefined;
  #clients: ChildProcess | undefined;

  private constructor(
    readonly name: string,
    readonly url: string,
    private readonly server: ChildProcess,
  ) {}

  /** @param urlIn finds the playlist's URL in what the server prints */
  static async start(
    name: string,
    [module = '', ...args]: readonly string[],
    urlIn: (output: string) => string | undefined,
  ): Promise<Watched> {
    const server = fork(module, args, {
      execArgv: ['--import', here('sampler.mjs')],
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    let output = '';
    const read = (text: Buffer): void => {
      output += text;
    };
    server.stdout?.on('data', read);
    try {
      const url = await waitFor(name, () => urlIn(output), { timeout: 60_000 });
      server.stdout?.off('data', read).resume();
      return new Watched(name, url, server);
    } catch (error) {
      server.kill('SIGKILL');
      throw error;
    }
  }

  /** So many watch; one comes and one goes each `churn` ms. */
  watch(count: number, churn: number): void {
    this.#clients = fork(here('clients.mjs'), [this.url, `${count}`, `${churn}`], { execArgv: [] });
  }

  /** Lets loads end, with their connections, and none begin, until `go`. */
  hold(): Promise<Fared> {
    return this.clients('hold');
  }

  go(): Promise<Fared> {
    return this.clients('go');
  }

  leave(): Promise<Fared> {
    return this.clients('leave');
  }

  private clients(word: string): Promise<Fared> {
    if (!this.#clients) throw new Error(`nobody watches ${this.name}`);
    return ask<Fared>(this.#clients, word);
  }

  async sample(): Promise<Held> {
    this.last = await ask<ServerSample>(this.server, 'sample');
    return this.last.held;
  }

  stop(): void {
    this.#clients?.kill('SIGKILL');
    this.server.kill('SIGKILL');
  }
}
