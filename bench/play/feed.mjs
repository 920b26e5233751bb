// @ts-check
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../node_modules/.cache/live-torrent/bench/', import.meta.url));

/**
 * Segments of real media that never repeat: H.264 and AAC in MPEG-TS at a constant rate, made once by ffmpeg.
 * @param {{ seconds: number, segmentSeconds: number, bitsPerSecond: number, width?: number, height?: number, framesPerSecond?: number }} options
 * @returns {Promise<Buffer[]>}
 */
export async function makeFeed(options) {
  const { seconds, segmentSeconds, bitsPerSecond, width = 640, height = 360, framesPerSecond = 25 } = options;
  const id = createHash('sha1')
    .update(JSON.stringify([2, seconds, segmentSeconds, bitsPerSecond, width, height, framesPerSecond]))
    .digest('hex')
    .slice(0, 12);
  const folder = join(cache, id);
  if (!existsSync(folder)) {
    const draft = `${folder}.${process.pid}`;
    mkdirSync(draft, { recursive: true });
    const video = Math.round(bitsPerSecond * 0.92 - 64_000);
    // biome-ignore format: one argument and its value a line
    await run('ffmpeg', [
      '-loglevel', 'error', '-y',
      '-f', 'lavfi', '-i', `testsrc2=size=${width}x${height}:rate=${framesPerSecond},noise=alls=20:allf=t`,
      '-f', 'lavfi', '-i', 'sine=frequency=220:sample_rate=48000',
      '-t', String(seconds),
      '-c:v', 'libx264', '-preset', 'ultrafast', '-b:v', String(video), '-minrate', String(video), '-maxrate', String(video),
      '-bufsize', String(video), '-x264-params', 'nal-hrd=cbr', '-g', String(framesPerSecond * segmentSeconds), '-sc_threshold', '0',
      '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '64k',
      '-f', 'segment', '-segment_time', String(segmentSeconds), '-segment_format', 'mpegts', join(draft, '%05d.ts'),
    ]);
    renameSync(draft, folder);
  }
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => readFileSync(join(folder, name)));
}

/** @param {string} command @param {string[]} args */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) => reject(new Error(`${command} is needed to make the feed: ${error.message}`)));
    child.on('exit', (code) => (code === 0 ? resolve(undefined) : reject(new Error(`${command} ended with ${code}`))));
  });
}
