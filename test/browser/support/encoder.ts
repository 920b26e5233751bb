import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Duration of a live encoder's segments, s. */
export const ENCODER_SECONDS = 2;
const FRAMES_PER_SECOND = 10;

/** A live encoder: what it is started with, again and again, in a folder of its own. */
export interface EncoderKind {
  readonly command: string;
  readonly args: (folder: string) => readonly string[];
  /** Folders that have to be there. */
  readonly folders?: readonly string[];
}

/** A running live encoder that can be killed and started again. */
export class Encoder {
  #child: ChildProcess | undefined;
  #log = '';

  constructor(
    readonly kind: EncoderKind,
    readonly folder = mkdtempSync(join(tmpdir(), 'live-torrent-encoder-')),
  ) {
    for (const name of kind.folders ?? []) mkdirSync(join(folder, name), { recursive: true });
  }

  start(): void {
    const { command, args } = this.kind;
    const child = spawn(command, args(this.folder), { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#log = (this.#log + chunk.toString()).slice(-4000);
    });
    child.on('error', (error) => {
      this.#log += error.message;
    });
    this.#child = child;
  }

  /** What it has complained of lately. */
  get log(): string {
    return this.#log;
  }

  /** Ends it as a crash or a pulled plug does. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Kills it and removes its folder. */
  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** ffmpeg's arguments for a live picture and sound that never repeat, encoded once for each of `heights`. */
export function ffmpegLive(heights: readonly number[] = [90]): string[] {
  const inputs = heights.flatMap((height) => {
    const size = `${(height * 16) / 9}x${height}`;
    // The time of day in it: what is encoded after a restart has other bytes than what was encoded before.
    const clock = `testsrc2=size=${size}:rate=${FRAMES_PER_SECOND},hue=h=${Date.now() % 360}`;
    return ['-re', '-f', 'lavfi', '-i', clock];
  });
  const sound = ['-re', '-f', 'lavfi', '-i', `sine=frequency=${300 + (Date.now() % 600)}`];
  const maps = heights.flatMap((_, i) => ['-map', `${i}:v`, '-map', `${heights.length}:a`]);
  const codec = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-threads', '1'];
  const keys = ['-g', String(ENCODER_SECONDS * FRAMES_PER_SECOND), '-sc_threshold', '0', '-pix_fmt', 'yuv420p'];
  return ['-v', 'error', '-y', ...inputs, ...sound, ...maps, ...codec, ...keys, '-c:a', 'aac', '-b:a', '32k'];
}

/** ffmpeg's HLS muxer with these flags, `live.m3u8` and what `more` says. */
export function ffmpegHls(flags: string, ...more: string[]): EncoderKind {
  const list = ['-f', 'hls', '-hls_time', String(ENCODER_SECONDS), '-hls_list_size', '6', '-hls_flags', flags];
  return { command: 'ffmpeg', args: () => [...ffmpegLive(), ...list, ...more, 'live.m3u8'] };
}

/** ffmpeg's HLS muxer with two renditions, each in a folder of its own, and `master.m3u8`. */
export const ffmpegVariants: EncoderKind = {
  command: 'ffmpeg',
  folders: ['low', 'high'],
  args: () => [
    ...[...ffmpegLive([72, 144]), '-f', 'hls', '-hls_time', String(ENCODER_SECONDS), '-hls_list_size', '6'],
    ...['-hls_flags', 'delete_segments', '-master_pl_name', 'master.m3u8'],
    ...['-var_stream_map', 'v:0,a:0,name:low v:1,a:1,name:high', '%v/live.m3u8'],
  ],
};

/** GStreamer's hlssink2, `live.m3u8`. */
export const gstreamerHls: EncoderKind = {
  command: 'gst-launch-1.0',
  args: () => [
    ...['-q', 'hlssink2', 'name=sink', `target-duration=${ENCODER_SECONDS}`, 'playlist-length=6', 'max-files=10'],
    ...['location=segment%05d.ts', 'playlist-location=live.m3u8'],
    ...[
      'videotestsrc',
      'is-live=true',
      'pattern=ball',
      '!',
      `video/x-raw,width=160,height=90,framerate=${FRAMES_PER_SECOND}/1`,
    ],
    ...[
      '!',
      'timeoverlay',
      '!',
      'x264enc',
      'speed-preset=ultrafast',
      'tune=zerolatency',
      `key-int-max=${FRAMES_PER_SECOND}`,
    ],
    ...['!', 'h264parse', '!', 'sink.video'],
    ...[
      'audiotestsrc',
      'is-live=true',
      `freq=${300 + (Date.now() % 600)}`,
      '!',
      'audioconvert',
      '!',
      'avenc_aac',
      '!',
      'aacparse',
      '!',
      'sink.audio',
    ],
  ],
};

/** ffmpeg that publishes over RTMP. */
export function ffmpegRtmp(url: string): EncoderKind {
  return { command: 'ffmpeg', args: () => [...ffmpegLive(), '-f', 'flv', url] };
}
