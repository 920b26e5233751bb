import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ffmpeg, madeOnce } from '../../../harness/made-once.mjs';
import { waitFor } from '../../../harness/poll.mjs';
import { type FeedOptions, ffmpegArguments } from './ffmpeg-arguments.js';

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
  const args = ffmpegArguments(options);
  return madeOnce('media/vod', args, (folder) => ffmpeg(args, folder));
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
