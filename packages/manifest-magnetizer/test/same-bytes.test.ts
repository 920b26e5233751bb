import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMagnetizer, type MagnetizerOptions, readMagnets } from '../src/index.js';
import { folderReader, magnetizer as middleware, watchTree } from '../src/node/index.js';
import { createSegmentMagnet } from '../src/torrent.js';

const URL_ = 'http://origin.example/live/index.m3u8';
const hashOf = (bytes: string): string => createSegmentMagnet(Buffer.from(bytes)).infoHash;

function playlist(first: number | undefined, uris: readonly string[]): string {
  const number = first === undefined ? '' : `#EXT-X-MEDIA-SEQUENCE:${first}\n`;
  return `#EXTM3U\n#EXT-X-TARGETDURATION:4\n${number}${uris.map((uri) => `#EXTINF:4,\n${uri}\n`).join('')}`;
}
const names = (first: number, count: number, name = (n: number) => `s${n}.ts`): string[] =>
  Array.from({ length: count }, (_, i) => name(first + i));

/** An upstream whose files are written again and again, and a magnetizer that reads them. */
function setUp(options: Partial<MagnetizerOptions> = {}) {
  const files = new Map<string, string>();
  const reads: string[] = [];
  const clock = { now: 0 };
  const magnetizer = createMagnetizer({
    now: () => clock.now,
    readSegment: async ({ url }) => {
      const file = new URL(url).pathname.replace(/.*\//, '') + (new URL(url).searchParams.get('n') ?? '');
      reads.push(file);
      const bytes = files.get(file);
      if (bytes === undefined) throw new Error(`no ${file}`);
      return Buffer.from(bytes);
    },
    ...options,
  });
  const magnets = async (
    text: string,
    { after = 2_000, url = URL_, validator }: { after?: number; url?: string; validator?: string } = {},
  ): Promise<Record<string, string>> => {
    clock.now += after;
    const out = await magnetizer.magnetize(text, { url, validator });
    return Object.fromEntries(readMagnets(out).map(({ uri, infoHash }) => [uri.replace(/\?.*/, ''), infoHash]));
  };
  return { files, reads, magnets, magnetizer };
}

/** The same, behind a server that tells validators; `looks` counts how often. */
function setUpWithValidators() {
  const files = new Map<string, string>();
  const looks: string[] = [];
  const bytesOf = (url: string): string => files.get(new URL(url).pathname.replace(/.*\//, '')) ?? '';
  const { magnets, magnetizer } = setUp({
    readSegment: async ({ url }) => ({ bytes: Buffer.from(bytesOf(url)), validator: hashOf(bytesOf(url)) }),
    validateSegment: async ({ url }) => {
      looks.push(url);
      return hashOf(bytesOf(url));
    },
  });
  return { files, looks, magnets, magnetizer };
}

describe('a magnet never names other bytes than its URL has now', () => {
  it.each([
    ['by a function that tells no validator', {}],
    ['behind a reader that does', { validateSegment: async () => undefined }],
  ])('when an encoder starts again within a minute, with the same names and numbers, read %s', async (_, options) => {
    const { files, magnets } = setUp(options);
    for (let n = 0; n < 5; n++) files.set(`s${n}.ts`, `first run ${n}`);
    expect(Object.values(await magnets(playlist(0, names(0, 5))))).toEqual(
      names(0, 5, (n) => hashOf(`first run ${n}`)),
    );
    for (let n = 0; n < 3; n++) {
      files.set(`s${n}.ts`, `second run ${n}`);
      expect(Object.values(await magnets(playlist(0, names(0, n + 1)), { after: 5_000 }))).toEqual(
        names(0, n + 1, (i) => hashOf(`second run ${i}`)),
      );
    }
  });

  it('when another playlist with the same segments tells that they were written again', async () => {
    const { files, reads, magnets } = setUp();
    const write = (run: string): void => {
      for (let n = 0; n < 3; n++) files.set(`s${n}.ts`, `${run} ${n}`);
    };
    write('first run');
    await magnets(playlist(0, names(0, 3)));
    files.set('s3.ts', 'first run 3');
    files.set('s4.ts', 'first run 4');
    await magnets(playlist(0, names(0, 5)));
    write('second run');
    // Nobody can tell from a playlist that is seen for the first time.
    const other = { url: `${URL_}?title=2` };
    await magnets(playlist(0, names(0, 3)), other);
    const expected = names(0, 3, (n) => hashOf(`second run ${n}`));
    expect(Object.values(await magnets(playlist(0, names(0, 3))))).toEqual(expected);
    expect(Object.values(await magnets(playlist(0, names(0, 3)), other))).toEqual(expected);
    expect(reads).toHaveLength(8);
  });

  it.each([
    ['of its first segment', 1],
    ['of a whole window', 4],
  ])('when the validator alone tells that the playlist %s was written anew', async (_, count) => {
    const { files, magnets } = setUpWithValidators();
    const text = playlist(0, names(0, count));
    const write = (run: string): string[] => {
      for (let n = 0; n < count; n++) files.set(`s${n}.ts`, `${run} ${n}`);
      return names(0, count, (n) => hashOf(`${run} ${n}`));
    };
    const first = write('first run');
    expect(Object.values(await magnets(text, { validator: '"1"' }))).toEqual(first);
    const second = write('second run');
    expect(Object.values(await magnets(text, { validator: '"2"' }))).toEqual(second);
    expect(Object.values(await magnets(text, { validator: '"2"' }))).toEqual(second);
  });

  it('when a ring of names comes round', async () => {
    const { files, reads, magnets } = setUp();
    const ring = (n: number) => `s${n % 6}.ts`;
    for (let first = -4; first < 20; first++) {
      files.set(ring(first + 4), `segment ${first + 4}`);
      if (first < 0) continue;
      const listed = names(first, 5, ring);
      const expected = Object.fromEntries(listed.map((name, i) => [name, hashOf(`segment ${first + i}`)]));
      expect(await magnets(playlist(first, listed))).toEqual(expected);
    }
    expect(reads).toHaveLength(24);
  });

  it('when a read that began before the restart ends after it', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let runs = 0;
    const { magnets } = setUp({
      timeBudget: 20,
      readSegment: async () => {
        if (++runs === 1) await held;
        return Buffer.from(`run ${runs === 1 ? 1 : 2}`);
      },
    });
    const first = magnets(playlist(0, ['a.ts', 'b.ts']));
    await first;
    const second = magnets(playlist(0, ['a.ts']));
    await new Promise((resolve) => setTimeout(resolve, 5));
    release();
    await second;
    expect((await magnets(playlist(0, ['a.ts'])))['a.ts']).toBe(hashOf('run 2'));
  });

  it('when a listed file is written again, whatever the playlist says, in a folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'magnetizer-'));
    try {
      for (let n = 0; n < 3; n++) await writeFile(join(folder, `s${n}.ts`), `first run ${n}`);
      const { magnets } = setUp(folderReader({ folder, path: '/live' }));
      const text = playlist(0, names(0, 3));
      await magnets(text);
      await writeFile(join(folder, 's1.ts'), 'second run 1');
      expect(await magnets(text)).toMatchObject({ 's0.ts': hashOf('first run 0'), 's1.ts': hashOf('second run 1') });
      await rm(join(folder, 's2.ts'));
      expect(Object.keys(await magnets(text))).toEqual(['s0.ts', 's1.ts']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('when the middleware stands in front of a folder, and through magnetize --watch', async () => {
    const media = await mkdtemp(join(tmpdir(), 'magnetizer-'));
    const stop = new AbortController();
    try {
      const [from, to] = [join(media, 'from'), join(media, 'to')];
      const { mkdir, readFile } = await import('node:fs/promises');
      await mkdir(from);
      const write = async (run: string, count: number): Promise<void> => {
        for (let n = 0; n < count; n++) await writeFile(join(from, `s${n}.ts`), `${run} ${n}`);
        await writeFile(join(from, 'index.m3u8'), playlist(0, names(0, count)));
      };
      const layer = middleware({ folder: from });
      const throughMiddleware = async () =>
        readMagnets(
          await layer.magnetizer.magnetize(await readFile(join(from, 'index.m3u8'), 'utf8'), {
            url: 'http://a.example/index.m3u8',
          }),
        );
      await write('first run', 3);
      const watched = watchTree({ from, to, url: 'http://a.example/', signal: stop.signal });
      const throughTree = async (expected: string[]): Promise<string[]> => {
        for (let tries = 0; ; tries++) {
          const text = await readFile(join(to, 'index.m3u8'), 'utf8').catch(() => '');
          const found = readMagnets(text).map(({ infoHash }) => infoHash);
          if (tries === 200 || JSON.stringify(found) === JSON.stringify(expected)) return found;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      };
      const [first, second] = ['first run', 'second run'].map((run) => names(0, 3, (n) => hashOf(`${run} ${n}`))) as [
        string[],
        string[],
      ];
      expect(await throughTree(first)).toEqual(first);
      expect((await throughMiddleware()).map(({ infoHash }) => infoHash)).toEqual(first);
      await write('second run', 3);
      expect(await throughTree(second)).toEqual(second);
      expect((await throughMiddleware()).map(({ infoHash }) => infoHash)).toEqual(second);
      stop.abort();
      await watched;
    } finally {
      stop.abort();
      await rm(media, { recursive: true });
    }
  }, 30_000);
});

it('a server whose every answer has another validator is asked for one segment, once a second', async () => {
  const { files, looks, magnets, magnetizer } = setUpWithValidators();
  for (let n = 0; n < 4; n++) files.set(`s${n}.ts`, `segment ${n}`);
  for (let i = 0; i < 40; i++) await magnets(playlist(0, names(0, 4)), { after: 100, validator: `"${i}"` });
  expect(looks).toHaveLength(4);
  expect(magnetizer.stats().segmentsHashed).toBe(4);
});

describe('no segment is read twice', () => {
  it.each([
    ['missing', undefined],
    ['constant', 3],
  ])('in a window that slides though its EXT-X-MEDIA-SEQUENCE is %s', async (_, number) => {
    const { files, reads, magnets } = setUp();
    for (let n = 0; n < 30; n++) files.set(`s${n}.ts`, `segment ${n}`);
    for (let first = 0; first < 7; first++) {
      expect(Object.keys(await magnets(playlist(number, names(first, 6))))).toEqual(names(first, 6));
    }
    expect(reads).toHaveLength(12);
  });

  it('though its token changes with each reload, and nobody says what names it', async () => {
    const { files, reads, magnets } = setUp();
    for (let n = 0; n < 30; n++) files.set(`s${n}.ts`, `segment ${n}`);
    for (let first = 0; first < 7; first++) {
      const uris = names(first, 6, (n) => `s${n}.ts?sig=${first * 100 + n}`);
      const url = `${URL_}?token=viewer-${first}`;
      expect(Object.keys(await magnets(playlist(first, uris), { url }))).toEqual(names(first, 6));
    }
    expect(reads).toHaveLength(12);
  });

  it('when a slate is listed many times: no more often than it is listed anew', async () => {
    const { files, reads, magnets } = setUp();
    for (let n = 0; n < 30; n++) files.set(`s${n}.ts`, `segment ${n}`);
    files.set('slate.ts', 'slate');
    const uri = (n: number) => (n % 3 === 0 ? `s${n}.ts` : 'slate.ts');
    for (let first = 0; first < 7; first++) await magnets(playlist(first, names(first, 6, uri)));
    expect(reads.length).toBeLessThanOrEqual(12);
  });
});

it('a playlist that jumps back and forth has no magnets, and the operator is told once, without secrets', async () => {
  const errors: string[] = [];
  const { files, reads, magnets } = setUp({ onError: (error) => errors.push(String(error)) });
  for (let n = 0; n < 9; n++) files.set(`s${n}.ts`, `segment ${n}`);
  const url = `${URL_.replace('//', '//user:secret@')}?token=secret`;
  let last = {};
  for (let i = 0; i < 20; i++) {
    await magnets(playlist(0, names(0, 9)), { url });
    last = await magnets(playlist(0, names(0, 4)), { url });
  }
  expect(last).toEqual({});
  expect(reads.length).toBeLessThanOrEqual(45);
  expect(errors).toEqual([
    expect.stringMatching(/^JumpingPlaylistError: .*http:\/\/origin\.example\/live\/index\.m3u8\?token=…$/),
  ]);
});
