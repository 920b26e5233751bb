import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Program } from './programs.js';

/** Ends a client that does not come to the end, ms. */
const TIMEOUT_MS = 60_000;
/** Who VLC runs as where everybody else is root: it refuses that. */
const NOBODY = 65534;

/** A player that is no browser. */
export interface Client {
  readonly name: string;
  readonly needs: Program;
  /** Reads a playlist as fast as it can; what it makes of the frames goes to `output`, or to standard output, which is in that file too. */
  readonly command: (url: string, output: string) => readonly [command: string, ...args: string[]];
  /** What tells one frame from another, in the order in which they came. */
  readonly frames: (output: string) => string[];
}

/** Lines without the comments: `#format: frame checksums`. */
const linesOf = (file: string): string[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

const lastColumn = (file: string): string[] => linesOf(file).map((line) => line.split(/[\s,]+/).at(-1) ?? '');

const quiet = ['-hide_banner', '-nostdin', '-v', 'error', '-y'];

export const clients: readonly Client[] = [
  {
    name: 'ffmpeg',
    needs: 'ffmpeg',
    command: (url, output) => [
      'ffmpeg',
      ...quiet,
      '-i',
      url,
      '-map',
      '0:v:0',
      '-flush_packets',
      '1',
      '-f',
      'framemd5',
      output,
    ],
    frames: lastColumn,
  },
  {
    name: 'ffprobe',
    needs: 'ffmpeg',
    command: (url) => ['ffprobe', '-v', 'error', ...packets('pts_time,size'), url],
    frames: linesOf,
  },
  {
    name: 'mpv',
    needs: 'mpv',
    command: (url, output) => [
      ...(['mpv', '--no-config', '--no-audio', '--really-quiet', '--ovc=rawvideo', '--of=framemd5'] as const),
      ...[`--o=${output}`, url],
    ],
    frames: lastColumn,
  },
  {
    name: 'GStreamer',
    needs: 'GStreamer',
    command: (url) => [
      ...(['gst-launch-1.0', '-q', 'playbin', `uri=${url}`] as const),
      ...['video-sink=checksumsink sync=false', 'audio-sink=fakesink sync=false'],
    ],
    frames: lastColumn,
  },
  {
    name: 'VLC',
    needs: 'VLC',
    command: (url, output) => [
      ...(['vlc', '-q', '-I', 'dummy', '--play-and-exit'] as const),
      ...[`--sout=#std{access=file,mux=ts,dst=${output}}`, url, 'vlc://quit'],
    ],
    frames: (output) => {
      const { stdout } = spawnSync('ffprobe', ['-v', 'error', ...packets('size'), output], { encoding: 'utf8' });
      return stdout.split('\n').filter((line) => line !== '');
    },
  },
];

function packets(entries: string): string[] {
  return ['-select_streams', 'v:0', '-show_entries', `packet=${entries}`, '-of', 'csv=p=0'];
}

export interface Reading {
  readonly frames: readonly string[];
  /** 0 when it came to the end by itself. */
  readonly code: number | null;
  /** What it complained of. */
  readonly log: string;
}

/** Has a client read a playlist to its end, or, of a live one, for `seconds`. */
export async function read(client: Client, url: string, seconds?: number): Promise<Reading> {
  const folder = mkdtempSync(join(tmpdir(), 'live-torrent-client-'));
  const output = join(folder, 'frames');
  const printed = openSync(`${output}.stdout`, 'w');
  try {
    const [command, ...args] = client.command(url, output);
    const user = client.needs === 'VLC' && process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
    const env = { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder };
    const child = spawn(command, args, { env, stdio: ['ignore', printed, 'pipe'], ...user });
    let log = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4000);
    });
    const timer = setTimeout(() => child.kill('SIGINT'), seconds === undefined ? TIMEOUT_MS : seconds * 1000);
    const last = setTimeout(() => child.kill('SIGKILL'), (seconds ?? 0) * 1000 + TIMEOUT_MS + 5_000);
    const [code] = (await once(child, 'close')) as [number | null];
    clearTimeout(timer);
    clearTimeout(last);
    return { frames: client.frames(args.some((arg) => arg.includes(output)) ? output : `${output}.stdout`), code, log };
  } finally {
    closeSync(printed);
    rmSync(folder, { recursive: true, force: true });
  }
}
