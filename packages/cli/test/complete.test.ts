import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLOSED, type FileState, isComplete, SETTLED } from '../src/folder/file-state.js';
import { FolderWatch } from '../src/folder/folder-watch.js';
import { SegmentLibrary } from '../src/folder/segment-library.js';

const file = (name: string, mtimeMs: number, ctimeMs = mtimeMs): FileState => ({ name, size: 188, mtimeMs, ctimeMs });

describe('a file is complete', () => {
  it('when a later one has been begun and it has rested for a moment', () => {
    const later = file('b.ts', 1100);
    expect(isComplete(file('a.ts', 1000), later, 1000 + CLOSED)).toBe(true);
    expect(isComplete(file('a.ts', 1000), later, 999 + CLOSED)).toBe(false);
  });

  it('when it was renamed after its last write', () => {
    expect(isComplete(file('a.ts', 1000, 1004), file('a.ts', 1000, 1004), 1005)).toBe(true);
  });

  it('when nobody has touched it for long', () => {
    const newest = file('a.ts', 1000);
    expect(isComplete(newest, newest, 1000 + SETTLED)).toBe(true);
    expect(isComplete(newest, newest, 999 + SETTLED)).toBe(false);
  });
});

describe('a look at a folder', () => {
  const media = (name: string): Uint8Array => readFileSync(new URL(`./fixtures/${name}`, import.meta.url));
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'live-torrent-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (name: string, bytes: Uint8Array | string, age = 0): void => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    const seconds = (Date.now() - age) / 1000;
    if (age > 0) utimesSync(path, seconds, seconds);
  };
  const names = async (watch: FolderWatch): Promise<string[]> => (await watch.look()).map(({ name }) => name).sort();

  it('leaves out the file that is being written, until the next one is begun', async () => {
    write('0.ts', media('ts/part0.m2t'));
    let now = statSync(join(folder, '0.ts')).mtimeMs;
    const watch = new FolderWatch(folder, () => now);
    expect(await names(watch)).toEqual([]);
    now += CLOSED + 50;
    expect(await names(watch)).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    write('1.ts', '');
    expect(await names(watch)).toEqual(['0.ts']);
  });

  it('takes a file that was renamed into place at once', async () => {
    const watch = new FolderWatch(folder, Date.now);
    write('.0.ts.part', media('ts/part0.m2t'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    renameSync(join(folder, '.0.ts.part'), join(folder, '0.ts'));
    expect(await names(watch)).toEqual(['0.ts']);
  });

  it('tells a file that was taken again only when it is written anew', async () => {
    const watch = new FolderWatch(folder, Date.now);
    write('0.ts', media('ts/part0.m2t'), 60_000);
    for (const each of await watch.look()) watch.take(each);
    expect(await names(watch)).toEqual([]);
    write('0.ts', media('ts/part1.m2t'), 30_000);
    expect(await names(watch)).toEqual(['0.ts']);
  });

  it('passes by playlists, hidden and unfinished files', async () => {
    for (const name of ['a.m3u8', '.b.ts', 'c.ts.tmp', 'd.ts.part', 'e.mpd', 'f.ts~']) write(name, 'x', 60_000);
    expect(await names(new FolderWatch(folder, Date.now))).toEqual([]);
  });

  it('fails with the name of a folder that is not there', async () => {
    const missing = join(folder, 'missing');
    await expect(new FolderWatch(missing, Date.now).look()).rejects.toThrow(missing);
  });

  it('gives a file that is written anew another URI, and never the new bytes under the old one', async () => {
    const watch = new FolderWatch(folder, Date.now);
    const library = new SegmentLibrary(folder, () => {});
    const uris: string[] = [];
    for (const [i, name] of ['ts/part0.m2t', 'ts/part1.m2t'].entries()) {
      write('0.ts', media(name), 60_000 - i * 1000);
      for (const each of await watch.look()) {
        watch.take(each);
        const segment = await library.segment(each);
        if (typeof segment === 'object') uris.push(segment.uri);
      }
    }
    expect(uris).toEqual(['segments/0.ts', 'segments/0.ts?v=2']);
    expect((await library.read(uris[0] as string))?.bytes).toEqual(media('ts/part0.m2t'));
    expect((await library.read(uris[1] as string))?.bytes).toEqual(media('ts/part1.m2t'));
    rmSync(join(folder, '0.ts'));
    expect(await new SegmentLibrary(folder, () => {}).read('segments/0.ts')).toBeUndefined();
  });

  it('lets a segment wait for its initialization section', async () => {
    const watch = new FolderWatch(folder, Date.now);
    const warnings: string[] = [];
    const library = new SegmentLibrary(folder, (line) => warnings.push(line));
    write('chunk.m4s', media('fmp4/chunk-0.m4s'), 60_000);
    const [chunk] = (await watch.look()) as [FileState];
    expect(await library.segment(chunk)).toBe('later');
    expect(await library.segment(chunk)).toBe('later');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(join(folder, 'chunk.m4s'));
    write('any-name', media('fmp4/head.mp4'), 50_000);
    const init = (await watch.look()).find(({ name }) => name === 'any-name') as FileState;
    expect(await library.addInit(init)).toBe(true);
    expect(await library.segment(chunk)).toMatchObject({ container: 'fmp4', map: 'segments/any-name' });
  });

  it('names the file that cannot be read', async () => {
    const warnings: string[] = [];
    const library = new SegmentLibrary(folder, (line) => warnings.push(line));
    write('bad.ts', new Uint8Array(188 * 2).fill(0x47), 60_000);
    const [bad] = (await new FolderWatch(folder, Date.now).look()) as [FileState];
    expect(await library.segment(bad)).toBeUndefined();
    expect(warnings[0]).toContain(join(folder, 'bad.ts'));
  });
});
