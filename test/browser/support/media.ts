import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FeedOptions, ffmpegArguments } from './ffmpeg-arguments.js';
import { waitFor } from './poll.js';

const cache = join(import.meta.dirname, '../../../node_modules/.cache/live-torrent/media');

/** Whether tests that need ffmpeg can run. */
export const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;

/** A live encoder's state. */
export interface LiveFeed {
  /** The folder that ffmpeg writes: the playlists, and for each rendition a folder with every segment so far. */
  readonly folder: string;
  /** Stops ffmpeg and removes the folder. */
  stop(): Promise<void>;
}

/**
 * A folder with a complete feed whose picture and sound never repeat, made once and kept:
 * `master.m3u8`, and for each rendition `<name>/index.m3u8` with its segments.
 */
export function vodFeed(options: FeedOptions & { readonly seconds: number }): string {
  const key = createHash('sha256').update(ffmpegArguments(options).join('\0')).digest('hex').slice(0, 16);
  const folder = join(cache, key);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const making = mkdtempSync(join(cache, 'making-'));
  const { status, stderr } = spawnSync('ffmpeg', ffmpegArguments(options), { cwd: making, encoding: 'utf8' });
  if (status !== 0) throw new Error(`ffmpeg ended with ${status}\n${stderr}`);
  renameSync(making, folder);
  return folder;
}

/** Starts ffmpeg as a live encoder, and waits until `segments` segments of each rendition are there. */
export async function liveFfmpeg(options: FeedOptions, segments = 3): Promise<LiveFeed> {
  const folder = mkdtempSync(join(tmpdir(), 'live-torrent-feed-'));
  const args = ffmpegArguments({ ...options, live: true });
  const child: ChildProcess = spawn('ffmpeg', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  // A segment's file is complete once its successor is begun.
  const last = String(segments).padStart(5, '0');
  const awaited = options.renditions.map(({ name }) => join(folder, name, `segment-${last}`));
  try {
    await waitFor('ffmpeg: first segments', () => {
      if (child.exitCode !== null) throw new Error(`ffmpeg ended with ${child.exitCode}`);
      return awaited.every((path) => existsSync(`${path}.ts`) || existsSync(`${path}.m4s`));
    });
  } catch (error) {
    await stop();
    throw new Error(`${(error as Error).message}\n${log}`);
  }
  return { folder, stop };
}
