import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FromViewing, ToViewing } from './messages.js';
import { type HelperOptions, readOptions, type ViewingOptions } from './options.js';
import type { HelperStats } from './stats.js';

export interface HelperEvents {
  /** Each second, and when something has ended. */
  stats: [stats: HelperStats];
  /** Something went wrong that it goes on after: an upstream that does not answer, a tracker, a process that had to be started again. */
  warning: [error: Error];
  /** Nothing more comes; with an error where it could not be done at all. */
  ended: [error: Error | undefined];
}

/** The process is started again after this, doubling up to the second, ms. */
const MIN_RESTART_MS = 1_000;
const MAX_RESTART_MS = 60_000;
/** A process that was told to stop is ended after this, ms. */
const STOP_WITHIN_MS = 5_000;

/**
 * Starts a helper. WebRTC runs in a process of its own: what its native library does cannot end the server that helps.
 * @throws {TypeError} naming the option that has a bad value.
 */
export function createHelper(options: HelperOptions): Helper {
  return new Helper(readOptions(options), typeof options.announce === 'function' ? options.announce : undefined);
}

/** A viewer, or several, without a screen. */
export class Helper extends EventEmitter<HelperEvents> {
  #stats: HelperStats = { state: 'starting', viewers: [], memory: 0, cpu: 0, restarts: 0 };
  #child: ChildProcess | undefined;
  #restart: ReturnType<typeof setTimeout> | undefined;
  #stopping = false;
  #ended = false;
  readonly #end: Promise<void>;
  #resolveEnd = (): void => {};

  /** @internal */
  constructor(
    private readonly options: ViewingOptions,
    private readonly announce: (() => readonly string[] | Promise<readonly string[]>) | undefined,
  ) {
    super();
    this.#end = new Promise((resolve) => {
      this.#resolveEnd = resolve;
    });
    this.#start();
  }

  get stats(): HelperStats {
    return this.#stats;
  }

  /** Resolves when it has ended, by itself or by `stop()`. */
  get ended(): Promise<void> {
    return this.#end;
  }

  /** Tells all links that it leaves, and ends. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || !child.connected) this.#finish(undefined);
    else {
      tell(child, { t: 'stop' });
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      child.once('exit', () => clearTimeout(late));
    }
    await this.#end;
  }

  #start(): void {
    const child = fork(fileURLToPath(new URL('./viewing-process.js', import.meta.url)), [], {
      // The flags and the debugger of the server are not its.
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child = child;
    let said = '';
    child.stderr?.on('data', (chunk) => {
      said = `${said}${chunk}`.slice(-2_000);
    });
    child.on('message', (message) => this.#receive(message as FromViewing));
    child.on('error', (error) => this.emit('warning', error));
    child.on('exit', (code, signal) => this.#exited(code ?? signal, said));
    tell(child, { t: 'start', options: this.options });
  }

  #receive(message: FromViewing): void {
    if (message.t === 'warning') this.emit('warning', new Error(message.message));
    else if (message.t === 'failed') this.#finish(new Error(message.message));
    else if (message.t === 'ended') this.#finish(undefined);
    else if (message.t === 'announce') void this.#answer(message.id);
    else {
      const { viewers, memory, cpu } = message;
      this.#stats = { ...this.#stats, state: 'running', viewers, memory, cpu };
      this.emit('stats', this.#stats);
    }
  }

  async #answer(id: number): Promise<void> {
    let urls: readonly string[] | undefined;
    try {
      urls = await this.announce?.();
    } catch (error) {
      this.emit('warning', error instanceof Error ? error : new Error(String(error)));
    }
    if (this.#child?.connected) tell(this.#child, { t: 'announce', id, urls });
  }

  #exited(how: number | string | null, said: string): void {
    this.#child = undefined;
    // One that was told to stop may end without a word.
    if (this.#stopping) this.#finish(undefined);
    if (this.#ended) {
      this.#resolveEnd();
      return;
    }
    const { restarts } = this.#stats;
    this.#stats = { ...this.#stats, state: 'starting', restarts: restarts + 1 };
    this.emit('warning', new Error(`the process that views ended with ${how}${said ? `: ${said.trim()}` : ''}`));
    this.#restart = setTimeout(() => this.#start(), Math.min(MAX_RESTART_MS, MIN_RESTART_MS * 2 ** restarts));
  }

  #finish(error: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stats = { ...this.#stats, state: 'ended' };
    this.emit('stats', this.#stats);
    this.emit('ended', error);
    if (this.#child === undefined) this.#resolveEnd();
  }
}

function tell(child: ChildProcess, message: ToViewing): void {
  child.send(message, () => {});
}
