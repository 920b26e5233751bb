import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { readMagnets, readSegments } from '@live-torrent/manifest-magnetizer';
import { createSegmentMagnet } from '@live-torrent/manifest-magnetizer/torrent';
import { hasFfmpeg } from '../../../test/browser/support/media.js';

jest.setTimeout(120_000);

const bin = fileURLToPath(new URL('../lib/bin.js', import.meta.url));
const running: ChildProcess[] = [];
/** Where the films are; a blank, and what ffmpeg or a shell could take for something else. */
let films: string;
/** TMPDIR of the command. */
let temporary: string;

beforeAll(() => {
  films = mkdtempSync(join(tmpdir(), "live-torrent a: 100%d 'films' "));
  if (hasFfmpeg) for (const [name, ...args] of FILMS) ffmpeg(...args, join(films, name));
});

beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'live-torrent-tmp-'));
});

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  rmSync(temporary, { recursive: true, force: true });
});

afterAll(() => rmSync(films, { recursive: true, force: true }));

const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=10'];
const sound = ['-f', 'lavfi', '-i', 'sine=frequency=440'];
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
const FILMS: readonly [name: string, ...args: string[]][] = [
  ['film.mp4', ...picture, ...sound, '-t', '20', ...h264, '-g', '20', '-c:a', 'aac'],
  ['-film.ts', ...picture, ...sound, '-t', '20', ...h264, '-g', '20', '-c:a', 'aac'],
  ['no-key-frames.mp4', ...picture, '-t', '24', ...h264, '-g', '1000'],
  ['old.avi', ...picture, ...sound, '-t', '20', '-c:v', 'mpeg4', '-c:a', 'mp2'],
  ['sound.mp3', ...sound, '-t', '20'],
  ['long.avi', ...picture, '-t', '1800', '-c:v', 'mpeg4'],
];

function ffmpeg(...args: string[]): void {
  const output = args.at(-1) ?? '';
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...args.slice(0, -1), `file:${output}`]);
}

interface Run {
  readonly output: () => string;
  readonly exit: Promise<number | null>;
  readonly child: ChildProcess;
}

function run(args: readonly string[], path = process.env.PATH): Run {
  const env = { ...process.env, TMPDIR: temporary, PATH: path };
  const child = spawn(process.execPath, [bin, '-p', '0', ...args], {
    cwd: films,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  return { child, output: () => output, exit: new Promise((resolve) => child.once('close', resolve)) };
}

async function printed({ child, output }: Run, pattern: RegExp): Promise<string> {
  while (child.exitCode === null && child.signalCode === null) {
    const found = pattern.exec(output());
    if (found) return found[1] ?? found[0];
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`ended without ${pattern}: ${output()}`);
}

const streamOf = (run: Run): Promise<string> => printed(run, /stream {2}(\S+)/);
const text = async (url: string): Promise<string> => (await fetch(url)).text();

async function stop({ child, exit }: Run): Promise<number | null> {
  child.kill('SIGTERM');
  return exit;
}

(hasFfmpeg ? describe : describe.skip)('-f with a film', () => {
  it.each([
    ['film.mp4', /h264 as it is, aac as it is/],
    ['./-film.ts', /h264 as it is, aac as it is/],
    ['no-key-frames.mp4', /h264 encoded anew as H\.264/],
    ['old.avi', /mpeg4 encoded anew as H\.264 .*, mp2 encoded anew as AAC/],
    ['sound.mp3', /mp3 encoded anew as AAC/],
  ])('plays %s in real time, cut at key frames, and leaves nothing behind', async (film, plan) => {
    const cli = run(['-f', film]);
    const url = await streamOf(cli);
    expect(cli.output()).toMatch(plan);
    const playlist = await text(url);
    const { segments, endList } = readSegments(playlist, url);
    expect([segments.length, endList]).toEqual([3, false]);
    for (const { duration } of segments) expect(Math.abs(duration - 4)).toBeLessThan(0.2);
    const magnets = readMagnets(playlist, url);
    for (const { url, infoHash } of magnets) {
      const bytes = new Uint8Array(await (await fetch(url ?? '')).arrayBuffer());
      expect(createSegmentMagnet(bytes).infoHash).toBe(infoHash);
    }
    expect(magnets).toHaveLength(3);
    expect(readdirSync(temporary)).toHaveLength(1);
    expect(await stop(cli)).toBe(0);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('plays it for ever with -l: the beginning follows the end, after a discontinuity', async () => {
    ffmpeg(...picture, '-t', '8', ...h264, '-g', '10', join(films, 'short.mp4'));
    const url = await streamOf(run(['short.mp4', '-l']));
    let playlist = '';
    while (!/#EXT-X-DISCONTINUITY\n(?:#.*\n)*segments\/0\.m4s/.test(playlist)) playlist = await text(url);
    expect(playlist).not.toContain('#EXT-X-ENDLIST');
  });

  it('names the stream by the film, whatever folder its segments are in', async () => {
    const lines = [];
    for (const _ of [1, 2]) {
      const cli = run(['film.mp4']);
      lines.push(/&?stream=(\w+)/.exec(await text(await streamOf(cli)))?.[1]);
      await stop(cli);
    }
    expect(lines[0]).toMatch(/^[0-9a-f]{40}$/);
    expect(lines[1]).toBe(lines[0]);
  });

  it('ends ffmpeg on SIGTERM, and removes what it has cut so far', async () => {
    const cli = run(['long.avi']);
    await streamOf(cli);
    const [folder = ''] = readdirSync(temporary);
    const cut = (): number => readdirSync(join(temporary, folder)).length;
    const before = cut();
    while (cut() === before) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await stop(cli)).toBe(0);
    expect(readdirSync(temporary)).toEqual([]);
    // An ffmpeg that went on would have made its folder anew, or could still be seen at work.
    expect(ffmpegsIn(folder)).toEqual([]);
  });

  it('that is killed leaves its folder to the next one, which removes it', async () => {
    const killed = run(['film.mp4']);
    await streamOf(killed);
    const left = readdirSync(temporary);
    killed.child.kill('SIGKILL');
    await killed.exit;
    // Of another machine with the same temporary folder, and of nobody.
    const others = ['live-torrent-film-00000000-1-abcdef', 'live-torrent-film-x'];
    for (const name of others) mkdirSync(join(temporary, name));
    const cli = run(['film.mp4']);
    await streamOf(cli);
    const kept = readdirSync(temporary);
    expect(kept).toEqual(expect.arrayContaining(others));
    expect(kept).toHaveLength(3);
    expect(kept).not.toContain(left[0]);
    // Who is at work keeps its own.
    const second = run(['film.mp4']);
    await streamOf(second);
    expect(readdirSync(temporary)).toEqual(expect.arrayContaining(kept));
    expect([await stop(cli), await stop(second)]).toEqual([0, 0]);
  });

  it.each([
    ['text', 'notes.txt', 'Invalid data found when processing input'],
    ['a playlist', 'index.m3u8', 'is neither film nor sound'],
    ['a film that is cut off', 'cut-off.mp4', 'moov atom not found'],
  ])('fails on %s, and says of which file', async (_, name, reason) => {
    const whole = readFileSync(join(films, 'film.mp4'));
    writeFileSync(join(films, 'notes.txt'), 'nothing to see');
    writeFileSync(join(films, 'cut-off.mp4'), whole.subarray(0, whole.length / 2));
    writeFileSync(
      join(films, 'index.m3u8'),
      '#EXTM3U\n#EXT-X-TARGETDURATION:20\n#EXTINF:20,\nfilm.mp4\n#EXT-X-ENDLIST\n',
    );
    const cli = run(['-f', name]);
    expect(await cli.exit).toBe(1);
    expect(cli.output()).toMatch(new RegExp(`^live-torrent: ${name}:? .*${reason}`));
    expect(readdirSync(temporary)).toEqual([]);
  });
});

it('where ffmpeg is missing, -f with a film says so, with the two lines that cut it by hand', async () => {
  writeFileSync(join(films, 'my film.mp4'), 'any');
  const cli = run(['-f', 'my film.mp4'], '/nonexistent');
  expect(await cli.exit).toBe(1);
  expect(
    cli.output(),
  ).toContain(`my film.mp4 is a file: ffmpeg and ffprobe cut it into segments, and they are not installed. Where they are:
    mkdir segments
    ffmpeg -i 'my film.mp4' -c copy -f segment -segment_time 4 segments/%d.ts
and then: live-torrent -f segments
`);
});

/** Command lines of the ffmpegs that work in a folder of this name. */
function ffmpegsIn(folder: string): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').flatMap((pid) => {
    try {
      return execFileSync('readlink', [`/proc/${Number(pid)}/cwd`], { stdio: ['ignore', 'pipe', 'ignore'] }).includes(
        folder,
      )
        ? [pid]
        : [];
    } catch {
      return [];
    }
  });
}
