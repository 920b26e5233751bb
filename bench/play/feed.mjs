// @ts-check
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ffmpeg, madeOnce } from '../../harness/made-once.mjs';

/**
 * Segments of real media that never repeat: H.264 and AAC in MPEG-TS at a constant rate, made once by ffmpeg.
 * @param {{ seconds: number, segmentSeconds: number, bitsPerSecond: number, width?: number, height?: number, framesPerSecond?: number }} options
 * @returns {Buffer[]}
 */
export function makeFeed({ seconds, segmentSeconds, bitsPerSecond, width = 640, height = 360, framesPerSecond = 25 }) {
  const video = Math.round(bitsPerSecond * 0.92 - 64_000);
  // biome-ignore format: one argument and its value a line
  const args = [
    '-f', 'lavfi', '-i', `testsrc2=size=${width}x${height}:rate=${framesPerSecond},noise=alls=20:allf=t`,
    '-f', 'lavfi', '-i', 'sine=frequency=220:sample_rate=48000',
    '-t', String(seconds),
    '-c:v', 'libx264', '-preset', 'ultrafast', '-b:v', String(video), '-minrate', String(video), '-maxrate', String(video),
    '-bufsize', String(video), '-x264-params', 'nal-hrd=cbr', '-g', String(Math.round(framesPerSecond * segmentSeconds)), '-sc_threshold', '0',
    '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '64k',
    '-f', 'segment', '-segment_time', String(segmentSeconds), '-segment_format', 'mpegts', '%05d.ts',
  ];
  const folder = madeOnce('bench/feed', args, (making) => ffmpeg(args, making));
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => readFileSync(join(folder, name)));
}
