import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { type MagnetizedSegment, readMagnets, readSegments } from '@live-torrent/manifest-magnetizer';
import { createSegmentMagnet } from '@live-torrent/manifest-magnetizer/torrent';
import { createServer } from '../src/create-server.js';
import { parseOptions } from '../src/options.js';
import type { LiveTorrentServer } from '../src/server.js';

// The folder is looked at four times a second; a busy machine takes longer.
jest.setTimeout(60_000);

const fixtures = fileURLToPath(new URL('./fixtures', import.meta.url));
let folder = '';
let server: LiveTorrentServer | undefined;
let warnings: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'live-torrent-'));
  warnings = [];
});

afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** Starts on the folder; its URL, which ends in a slash. */
async function start(...flags: string[]): Promise<string> {
  const options = parseOptions(['-f', folder, '-p', '0', ...flags]);
  if (typeof options === 'string') throw new Error(options);
  server = await createServer(options, {
    info: () => {},
    warn: (line) => warnings.push(line),
    manifest: () => {},
  });
  await server.listen();
  return server.url;
}

/** Puts a fixture into the folder as if it had been written `age` seconds ago, and then renamed: it is complete. */
function put(fixture: string, name: string, age: number): void {
  copyFileSync(join(fixtures, fixture), join(folder, name));
  setAge(name, age);
}

function setAge(name: string, age: number): void {
  const time = Date.now() / 1000 - age - 0.1;
  utimesSync(join(folder, name), time, time);
}

async function playlistOf(url: string): Promise<string> {
  const response = await fetch(`${url}manifest.m3u8`);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${text}`);
  return text;
}

/** The playlist, as soon as it is as it should be. */
async function until(url: string, accepts: (names: string[], text: string) => boolean): Promise<string> {
  for (;;) {
    const text = await playlistOf(url);
    if (accepts(namesIn(text), text)) return text;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Names of the segments, without their version. */
const namesIn = (text: string): string[] =>
  readSegments(text).segments.map(({ uri }) => uri.replace(/^segments\//, '').replace(/\?.*/, ''));

/** Fetches every segment of the playlist, and has its bytes compared with its magnet. */
async function expectAllServed(url: string, text: string): Promise<void> {
  const { segments } = readSegments(text, `${url}manifest.m3u8`);
  const magnets = readMagnets(text, `${url}manifest.m3u8`);
  expect(magnets.map(({ uri }) => uri)).toEqual(segments.map(({ uri }) => uri));
  for (const each of magnets) {
    const response = await fetch(each.url ?? '');
    expect([each.uri, response.status]).toEqual([each.uri, 200]);
    expect([each.uri, await infoHashOf(await response.arrayBuffer())]).toEqual([each.uri, each.infoHash]);
  }
}

async function infoHashOf(bytes: ArrayBuffer | Uint8Array): Promise<string> {
  return (await createSegmentMagnet(new Uint8Array(bytes))).infoHash;
}

/** What is wrong when `next` is a reload of `before`, RFC 8216 §6.2.2: numbers never go back, a number keeps its segment. */
function expectReload(before: string, next: string): void {
  const [a, b] = [readSegments(before), readSegments(next)];
  expect(b.mediaSequence).toBeGreaterThanOrEqual(a.mediaSequence);
  const shift = b.mediaSequence - a.mediaSequence;
  const kept = a.segments.slice(shift).map(({ uri }) => uri);
  expect(b.segments.slice(0, kept.length).map(({ uri }) => uri)).toEqual(kept);
}

const fmp4Feed = (age: number, count = 6): void => {
  put('fmp4/head.mp4', 'head.mp4', age + count);
  for (let i = 0; i < count; i++) put(`fmp4/chunk-${i % 5}.m4s`, `chunk-${i}.m4s`, age + count - i);
};

/** A folder that an encoder has just written to: one second of media a second. */
const tsFeed = (count: number): void => {
  for (let i = 0; i < count; i++) put(`ts/part${i % 5}.m2t`, `part${i}.m2t`, count - i);
};

describe('a folder of packed audio', () => {
  it('is played with the durations of its frames, as audio/aac', async () => {
    cpSync(join(fixtures, 'aac'), folder, { recursive: true });
    for (const name of readdirSync(folder)) setAge(name, 3600);
    const url = await start('-l');
    const text = await playlistOf(url);
    const { segments } = readSegments(text, `${url}manifest.m3u8`);
    expect(namesIn(text).slice(0, 4)).toEqual(['sound-0.aac', 'sound-1.aac', 'sound-2.aac', 'sound-0.aac']);
    const sum = segments.slice(0, 3).reduce((total, { duration }) => total + duration, 0);
    expect(Math.abs(sum - 5.7)).toBeLessThan(0.13);
    expect((await fetch(segments[0]?.url ?? '')).headers.get('content-type')).toBe('audio/aac');
    // The loop's seam.
    expect(text.match(/#EXT-X-DISCONTINUITY\n(?:#.*\n)*segments\/sound-0\.aac/g)).toHaveLength(1);
    await expectAllServed(url, text);
  });

  it('leaves out, and names, a file that is cut off in a frame', async () => {
    cpSync(join(fixtures, 'aac'), folder, { recursive: true });
    const bytes = readFileSync(join(folder, 'sound-1.aac'));
    writeFileSync(join(folder, 'sound-1.aac'), bytes.subarray(0, bytes.length - 5));
    for (const name of readdirSync(folder)) setAge(name, 3600);
    const text = await playlistOf(await start('-l'));
    expect(namesIn(text)).not.toContain('sound-1.aac');
    expect(warnings.join('\n')).toContain(`${join(folder, 'sound-1.aac')}: left out`);
  });
});

describe('a folder of WebVTT', () => {
  const cue = (from: number, to: number): string =>
    `WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n\n00:0${from}.000 --> 00:0${to}.000\nHello\n`;
  const write = (name: string, text: string): void => {
    writeFileSync(join(folder, name), text);
    setAge(name, 3600);
  };

  it('has the durations that a playlist beside it gives, cues or not', async () => {
    write('1.vtt', cue(0, 2));
    write('2.vtt', 'WEBVTT\n\n');
    write('3 end.vtt', cue(8, 9));
    write('subs.m3u8', '#EXTM3U\n#EXTINF:4,\n1.vtt\n#EXTINF:4,\n2.vtt?x=1\n#EXTINF:1.5,\nsubs/3%20end.vtt\n');
    const url = await start();
    const { segments } = readSegments(await playlistOf(url), `${url}manifest.m3u8`);
    expect(segments.map(({ duration }) => duration)).toEqual([4, 4, 1.5]);
    expect((await fetch(segments[0]?.url ?? '')).headers.get('content-type')).toBe('text/vtt');
    await expectAllServed(url, await playlistOf(url));
  });

  it('has else the durations of its cues, and where there is none the longest of them', async () => {
    write('1.vtt', cue(0, 3));
    write('2.vtt', 'WEBVTT\n\n');
    write('3.vtt', cue(6, 8));
    const { segments } = readSegments(await playlistOf(await start()));
    expect(segments.map(({ duration }) => duration)).toEqual([3, 3, 2]);
  });

  it('names a file whose duration nothing tells', async () => {
    write('1.vtt', 'WEBVTT\n\n');
    const url = await start();
    expect((await fetch(`${url}manifest.m3u8`)).status).toBe(503);
    expect(warnings.join('\n')).toContain(`${join(folder, '1.vtt')}: has no cue to tell its duration`);
  });

  it('beside pictures is left out, and said so once', async () => {
    cpSync(join(fixtures, 'ts'), folder, { recursive: true });
    for (const name of readdirSync(folder)) setAge(name, 3600);
    write('part0.vtt', cue(0, 1));
    write('part1.vtt', cue(1, 2));
    const text = await playlistOf(await start('-l'));
    expect(namesIn(text).filter((name) => name.endsWith('.vtt'))).toEqual([]);
    expect(warnings.filter((line) => line.includes('.vtt: left out, as all subtitles'))).toHaveLength(1);
  });
});

describe('files that vanish', () => {
  it('from a loop are served as long as they are listed, and come no more', async () => {
    cpSync(join(fixtures, 'ts'), folder, { recursive: true });
    for (const name of readdirSync(folder)) setAge(name, 3600);
    const url = await start('-l');
    const before = await playlistOf(url);
    rmSync(join(folder, 'part5.m2t'));
    rmSync(join(folder, 'part2.m2t'));
    await expectAllServed(url, before);
    const after = await until(url, (names) => !names.includes('part5.m2t') && !names.includes('part2.m2t'));
    await expectAllServed(url, after);
  });

  it('and come back are played again', async () => {
    cpSync(join(fixtures, 'ts'), folder, { recursive: true });
    for (const name of readdirSync(folder)) setAge(name, 3600);
    const url = await start('-l');
    const away = mkdtempSync(join(tmpdir(), 'live-torrent-away-'));
    renameSync(join(folder, 'part1.m2t'), join(away, 'part1.m2t'));
    await until(url, (names) => !names.includes('part1.m2t'));
    renameSync(join(away, 'part1.m2t'), join(folder, 'part1.m2t'));
    const text = await until(url, (names) => names.includes('part1.m2t'));
    rmSync(away, { recursive: true });
    await expectAllServed(url, text);
  });

  it('with all of the folder leave the last window, and it goes on when the folder is back', async () => {
    tsFeed(4);
    const url = await start();
    const before = await until(url, (names) => names.length >= 3);
    rmSync(folder, { recursive: true });
    while (!warnings.some((line) => line.includes('cannot read the folder'))) {
      await expectAllServed(url, await playlistOf(url));
    }
    mkdirSync(folder);
    tsFeed(3);
    const after = await until(url, (_, text) => text.includes('m2t?v=2'));
    expectReload(before, after);
    await expectAllServed(url, after);
  });
});

describe('files that are replaced', () => {
  it('get another URI and magnet, and nobody gets the new bytes under the old ones', async () => {
    cpSync(join(fixtures, 'ts'), folder, { recursive: true });
    for (const name of readdirSync(folder)) setAge(name, 3600);
    const url = await start('-l');
    const before = await playlistOf(url);
    put('ts/part3.m2t', 'part0.m2t', 30);
    const text = await until(url, (_, text) => text.includes('segments/part0.m2t?v=2'));
    await expectAllServed(url, before);
    await expectAllServed(url, text);
    const replaced = readMagnets(text).find(({ uri }) => uri.endsWith('?v=2')) as MagnetizedSegment;
    expect(replaced.infoHash).toBe(await infoHashOf(readFileSync(join(fixtures, 'ts/part3.m2t'))));
  });

  it('are noticed though length and time are the same', async () => {
    cpSync(join(fixtures, 'ts'), folder, { recursive: true });
    for (const name of readdirSync(folder)) utimesSync(join(folder, name), 1_000_000, 1_000_000);
    const url = await start('-l');
    const before = await playlistOf(url);
    // Of the same length.
    copyFileSync(join(fixtures, 'ts/part4.m2t'), join(folder, 'part1.m2t'));
    utimesSync(join(folder, 'part1.m2t'), 1_000_000, 1_000_000);
    const text = await until(url, (_, text) => text.includes('segments/part1.m2t?v=2'));
    await expectAllServed(url, before);
    await expectAllServed(url, text);
  });

  it('are not those whose mode alone has changed', async () => {
    cpSync(join(fixtures, 'ts'), folder, { recursive: true });
    for (const name of readdirSync(folder)) setAge(name, 3600);
    const url = await start('-l');
    const { mediaSequence } = readSegments(await playlistOf(url));
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o640);
    const text = await until(url, (_, text) => readSegments(text).mediaSequence >= mediaSequence + 3);
    expect(text).not.toContain('.m2t?v=');
    expect(namesIn(text)).toHaveLength(6);
    await expectAllServed(url, text);
  });
});

describe('an encoder that restarts', () => {
  it.each([
    ['deletes its files and numbers from 0 again', true],
    ['writes over its files from 0 again', false],
  ])('and %s goes on in the same playlist, after a discontinuity', async (_, deletes) => {
    tsFeed(8);
    const url = await start();
    const before = await until(url, (names) => names.at(-1) === 'part7.m2t');
    if (deletes) for (const name of readdirSync(folder)) rmSync(join(folder, name));
    // Viewers still get what is listed.
    await expectAllServed(url, await playlistOf(url));
    let last = before;
    for (const [i, source] of [2, 3, 4].entries()) {
      put(`ts/part${source}.m2t`, `part${i}.m2t`, 0);
      const next = await until(url, (names) => names.at(-1) === `part${i}.m2t`);
      expectReload(last, next);
      await expectAllServed(url, next);
      last = next;
    }
    const text = last;
    expect(text).toMatch(/#EXT-X-DISCONTINUITY\n(?:#.*\n)*segments\/part0\.m2t/);
    expect(text).not.toMatch(/#EXT-X-DISCONTINUITY\n(?:#.*\n)*segments\/part[12]\.m2t/);
    expect(namesIn(text)).toEqual(['part5', 'part6', 'part7', 'part0', 'part1', 'part2'].map((name) => `${name}.m2t`));
  });

  it('with another initialization section has it named from there on', async () => {
    fmp4Feed(0);
    const url = await start();
    const before = await until(url, (names) => names.length === 6);
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
    await until(url, () => true);
    put('fmp4/head.mp4', 'head.mp4', 2);
    put('fmp4/chunk-0.m4s', 'chunk-0.m4s', 1);
    put('fmp4/chunk-1.m4s', 'chunk-1.m4s', 0);
    const text = await until(url, (_, text) => /chunk-0\.m4s\?v=2/.test(text));
    expectReload(before, text);
    expect(text).toContain('#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="segments/head.mp4?v=2"\n');
    for (const [, uri = ''] of text.matchAll(/MAP:URI="([^"]*)"/g)) {
      expect((await fetch(new URL(uri, url))).status).toBe(200);
    }
    await expectAllServed(url, text);
  });
});
