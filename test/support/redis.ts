import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../../harness/serve.mjs';

/** A redis-server of its own, on a port of 127.0.0.1 that stays the same. */
export class Redis {
  #child: ChildProcess | undefined;
  private constructor(
    readonly port: number,
    private readonly args: readonly string[],
  ) {}

  static async start(...args: readonly string[]): Promise<Redis> {
    const redis = new Redis(await freePort(), args);
    await redis.begin();
    return redis;
  }

  async begin(): Promise<void> {
    const args = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...this.args];
    const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#child = child;
    for await (const text of child.stdout) if (/Ready to accept/.test(String(text))) break;
    child.stdout.resume();
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  cli(...args: readonly string[]): string {
    return execFileSync('redis-cli', ['-p', `${this.port}`, ...args], { encoding: 'utf8' });
  }

  async end(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}
