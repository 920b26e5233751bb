import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { errorCode } from '../errors.js';
import { inputOf } from './ffmpeg-arguments.js';
import type { Probe } from './film-plan.js';

/** Until ffprobe has answered, ms. */
const PROBE_TIMEOUT = 30_000;
/** Longest answer of ffprobe, bytes. */
const MAX_PROBE_BYTES = 16 * 1024 * 1024;
/** Longest complaint of ffmpeg that is kept: its end, characters. */
const MAX_COMPLAINT = 2000;
/** How much of a film is looked through for its key frames, s. */
const LOOKED_THROUGH = 60;

/** What ffmpeg or ffprobe says is wrong with a film. */
export class FfmpegError extends Error {
  override readonly name = 'FfmpegError';
}

/** ffmpeg or ffprobe is not installed. */
export class MissingFfmpegError extends Error {
  override readonly name = 'MissingFfmpegError';
}

/** @throws {FfmpegError} when it is nothing that ffmpeg reads @throws {MissingFfmpegError} */
export async function probeFilm(film: string, signal: AbortSignal): Promise<Probe> {
  return JSON.parse(await ffprobe(['-show_format', '-show_streams', '-of', 'json', inputOf(film)], signal)) as Probe;
}

/** For `longestKeyInterval`: the packets of one stream at the film's beginning. */
export function probePackets(film: string, stream: number, signal: AbortSignal): Promise<string> {
  const select = ['-select_streams', String(stream), '-read_intervals', `%+${LOOKED_THROUGH}`];
  return ffprobe([...select, '-show_entries', 'packet=pts_time,flags', '-of', 'csv=p=0', inputOf(film)], signal);
}

function ffprobe(args: readonly string[], signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: PROBE_TIMEOUT, maxBuffer: MAX_PROBE_BYTES, signal };
    execFile('ffprobe', ['-v', 'error', ...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else
        reject(typeof error.code === 'number' ? new FfmpegError(reasonIn(stderr), { cause: error }) : started(error));
    });
  });
}

/** ffmpeg at work in a folder. */
export class Cutting {
  /** Resolves when it has ended: to undefined when all is cut, else to what went wrong. */
  readonly ended: Promise<Error | undefined>;
  readonly #child: ChildProcess;

  constructor(args: readonly string[], folder: string) {
    this.#child = spawn('ffmpeg', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-MAX_COMPLAINT);
    });
    this.ended = once(this.#child, 'close').then(
      ([code, signal]) =>
        code === 0 ? undefined : new FfmpegError(reasonIn(complaint) || `ended with ${code ?? signal}`),
      (error: Error) => started(error),
    );
    giveWay(this.#child.pid);
  }

  /** Ends it at once. */
  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}

function started(error: Error): Error {
  return errorCode(error) === 'ENOENT' ? new MissingFfmpegError(error.message, { cause: error }) : error;
}

/** Viewers come first. */
function giveWay(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended, or the system has no priorities.
  }
}

/** ffmpeg's reasons come last, behind the names of files and of its own parts. */
function reasonIn(text: string): string {
  const lines = text.trim().split('\n').slice(-2);
  return lines.map((line) => line.replace(/^(?:\[[^\]]*\] |file:.*: )+/, '')).join('; ');
}
