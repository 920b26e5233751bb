import { access, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MagnetizerStats } from '@live-torrent/manifest-magnetizer';
import { Failure, reasonOf } from '../errors.js';
import { FolderSource } from '../folder/folder-source.js';
import { sendText } from '../http/send.js';
import type { Exchange, Source, SourceContext } from '../source.js';
import { Cutting, MissingFfmpegError, probeFilm, probePackets } from './ffmpeg.js';
import { byHand, cutArguments } from './ffmpeg-arguments.js';
import { makeFilmFolder, removeAbandonedFolders } from './film-folders.js';
import { describePlan, type FilmPlan, longestKeyInterval, planFilm, videoOf, whyNoFilm } from './film-plan.js';

/** How often it is looked whether the first segments are complete, ms. */
const LOOK_EVERY = 20;
/** Cut before the first viewer comes: what players have ahead at the start of a live feed (RFC 8216 §6.3.3). */
const FIRST_SEGMENTS = 3;

export interface FilmSourceOptions extends SourceContext {
  /** The file. */
  readonly film: string;
  readonly loop: boolean;
}

/** A film, cut by ffmpeg into a folder that is there as long as this is, and played from there. */
export class FilmSource implements Source {
  readonly #stop = new AbortController();
  #cutting: Cutting | undefined;
  #segments: string | undefined;
  #folder: FolderSource | undefined;
  #starting: Promise<void> | undefined;

  constructor(readonly options: FilmSourceOptions) {}

  get magnetized(): MagnetizerStats | undefined {
    return this.#folder?.magnetized;
  }

  start(): Promise<void> {
    this.#starting = this.#start();
    return this.#starting;
  }

  /** Ends ffmpeg and removes what it wrote. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#folder?.close();
    await this.#starting?.catch(() => undefined);
    await this.#cutting?.stop();
    if (this.#segments !== undefined) await rm(this.#segments, { recursive: true, force: true });
  }

  async segmentOrigins(): Promise<readonly string[]> {
    return [];
  }

  async handle(exchange: Exchange): Promise<boolean> {
    if (this.#folder !== undefined) return this.#folder.handle(exchange);
    if (exchange.url.pathname !== '/manifest.m3u8') return false;
    exchange.res.setHeader('Retry-After', '1');
    sendText(exchange.res, 503, 'no segment is cut yet');
    return true;
  }

  async #start(): Promise<void> {
    const { film, log } = this.options;
    const { signal } = this.#stop;
    try {
      const plan = await this.#plan();
      await this.#makeRoom(plan);
      log.info(`${film}: cut by ffmpeg into segments, ${describePlan(plan)}`);
      await this.#cut(plan);
    } catch (error) {
      if (signal.aborted || error instanceof Failure) throw error;
      if (error instanceof MissingFfmpegError) throw withoutFfmpeg(film, error);
      throw new Failure(`${film}: ${reasonOf(error)}`, { cause: error });
    }
  }

  async #plan(): Promise<FilmPlan> {
    const { film } = this.options;
    const { signal } = this.#stop;
    const path = resolve(film);
    const probe = await probeFilm(path, signal);
    const problem = whyNoFilm(probe);
    if (problem !== undefined) throw new Failure(`${film} ${problem}`);
    const video = videoOf(probe);
    const interval = video === undefined ? 0 : longestKeyInterval(await probePackets(path, video.index, signal));
    return planFilm(probe, interval);
  }

  /** A folder for the segments, where they all have room: they stay until the end. */
  async #makeRoom({ bytes }: FilmPlan): Promise<void> {
    const { film } = this.options;
    await removeAbandonedFolders(tmpdir());
    const { bavail, bsize } = await statfs(tmpdir());
    if (bavail * bsize < bytes) {
      const [needed, free] = [bytes, bavail * bsize].map((n) => `${Math.ceil(n / 2 ** 20)} MiB`);
      throw new Failure(
        `${film}: its segments take ${needed}, and ${tmpdir()} has ${free}; TMPDIR names another folder`,
      );
    }
    this.#segments = await makeFilmFolder(tmpdir());
  }

  async #cut(plan: FilmPlan): Promise<void> {
    const { film, log } = this.options;
    const segments = this.#segments ?? '';
    const cutting = new Cutting(cutArguments(resolve(film), plan), segments);
    this.#cutting = cutting;
    let done = false;
    const ended = cutting.ended.finally(() => {
      done = true;
    });
    while (!done && !(await exists(join(segments, nameOf(FIRST_SEGMENTS))))) {
      await sleep(LOOK_EVERY, undefined, { signal: this.#stop.signal });
    }
    const failed = done ? await ended : undefined;
    if (failed !== undefined && !(await exists(join(segments, nameOf(1))))) throw failed;
    void ended.then((error) => {
      if (error !== undefined && !this.#stop.signal.aborted)
        log.warn(`${film}: ${reasonOf(error)}; what is cut is played`);
    });
    this.#folder = new FolderSource({
      ...this.options,
      folder: segments,
      filledFrom: { name: film, done: () => done },
      log: { ...log, warn: (line) => log.warn(line.replaceAll(segments + sep, `${film}: `)) },
    });
    await this.#folder.start();
  }
}

/** The n-th segment's. */
function nameOf(n: number): string {
  return `${n - 1}.m4s`;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function withoutFfmpeg(film: string, cause: MissingFfmpegError): Failure {
  const why = `${film} is a file: ffmpeg and ffprobe cut it into segments, and they are not installed. Where they are:`;
  const more = [...byHand(film).map((line) => `    ${line}`), 'and then: live-torrent -f segments'];
  return new Failure(why, { cause, more });
}
