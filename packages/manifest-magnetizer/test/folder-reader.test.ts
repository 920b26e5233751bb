import { execFileSync } from 'node:child_process';
import { appendFileSync, closeSync, openSync } from 'node:fs';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileChangedError, folderReader, NotInFolderError } from '../src/node/index.js';

const playlistUrl = 'http://origin.example/media/live.m3u8';
const url = 'http://origin.example/media/a.ts?token=1';
const options = { signal: new AbortController().signal, maxLength: 1_000_000 };

describe('folderReader', () => {
  let folder = '';
  const reader = () => folderReader({ folder, path: '/media' });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'magnetizer-'));
    await writeFile(join(folder, 'a.ts'), '0123456789');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('reads a file, or exactly a range of it', async () => {
    const text = async (byteRange?: { offset: number; length: number }) => {
      const data = await reader().readSegment({ url, playlistUrl, byteRange }, options);
      return Buffer.from(data instanceof Uint8Array ? data : data.bytes).toString();
    };
    expect(await text()).toBe('0123456789');
    expect(await text({ offset: 3, length: 4 })).toBe('3456');
    await expect(text({ offset: 8, length: 3 })).rejects.toThrow('bytes 8-10 of 10');
  });

  it('reads no more than it is asked to', async () => {
    await expect(reader().readSegment({ url, playlistUrl }, { ...options, maxLength: 9 })).rejects.toThrow(RangeError);
  });

  it('tells a validator that changes with the file', async () => {
    const validator = () => reader().validateSegment({ url, playlistUrl }, options);
    const before = await validator();
    expect(await reader().readSegment({ url, playlistUrl }, options)).toMatchObject({ validator: before });
    await utimes(join(folder, 'a.ts'), 1, 1);
    expect(await validator()).not.toBe(before);
  });

  (process.platform === 'win32' ? it.skip : it)('refuses pipes, and waits for nobody to write into them', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe.ts')]);
    // More than the process has threads for files.
    const urls = Array.from({ length: 8 }, () => 'http://origin.example/media/pipe.ts');
    const reads = urls.map((pipe) => reader().readSegment({ url: pipe, playlistUrl }, options));
    const refused = await Promise.race([Promise.allSettled(reads), sleep(10_000)]);
    // Who waits is let go.
    closeSync(openSync(join(folder, 'pipe.ts'), 'r+'));
    expect(refused).toEqual(urls.map(() => ({ status: 'rejected', reason: expect.any(NotInFolderError) })));
  });

  it('refuses a file that is written to while it is read', async () => {
    const { signal } = new AbortController();
    // It is asked before each read.
    signal.throwIfAborted = () => appendFileSync(join(folder, 'a.ts'), 'x');
    const read = reader().readSegment({ url, playlistUrl }, { ...options, signal });
    await expect(read).rejects.toThrow(FileChangedError);
  });

  it.each([
    'http://origin.example/media/%2e%2e/%2e%2e/etc/passwd',
    'http://origin.example/media/..%2f..%2fetc%2fpasswd',
    'http://origin.example/other/a.ts',
    'http://origin.example/media',
    'http://origin.example/media/',
    'http://elsewhere.example/media/a.ts',
    'http://origin.example/media/%00',
    'http://origin.example/media/%zz',
  ])('does not leave the folder for %s', async (other) => {
    await expect(reader().readSegment({ url: other, playlistUrl }, options)).rejects.toThrow(NotInFolderError);
  });
});
