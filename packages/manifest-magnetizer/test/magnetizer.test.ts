import { createHash } from 'node:crypto';
import {
  createMagnetizer,
  type Magnetizer,
  type MagnetizerOptions,
  readMagnets,
  readSegments,
  readStream,
  stripPlaylist,
} from '../src/index.js';
import { createSegmentMagnet } from '../src/torrent.js';

const URL_ = 'http://origin.example/live/index.m3u8';
const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex');
const bytesOf = (url: string): Uint8Array => new TextEncoder().encode(`the bytes of ${url}`);
const hashOf = (name: string): string => createSegmentMagnet(bytesOf(`http://origin.example/live/${name}`)).infoHash;

function live(first: number, count = 3, name = (n: number) => `s${n}.ts`): string {
  const segments = Array.from({ length: count }, (_, i) => `#EXTINF:4,\n${name(first + i)}\n`);
  return `#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:${first}\n${segments.join('')}`;
}

/** A magnetizer over a segment reader that counts, a clock that is set, and a time budget that ends when told. */
const open: Magnetizer[] = [];
afterEach(() => {
  for (const magnetizer of open.splice(0)) magnetizer.close();
});

function setUp(options: Partial<MagnetizerOptions> = {}) {
  const reads: string[] = [];
  const clock = { now: 0 };
  let endBudget = (): void => {};
  const magnetizer = createMagnetizer({
    readSegment: async ({ url }) => {
      reads.push(url);
      return bytesOf(url);
    },
    now: () => clock.now,
    delay: (_, signal) =>
      new Promise((resolve) => {
        endBudget = resolve;
        signal.addEventListener('abort', () => resolve());
      }),
    ...options,
  });
  open.push(magnetizer);
  return { magnetizer, reads, clock, endBudget: () => endBudget() };
}

/** Resolves when so many segments are waiting or being read. */
async function pending(magnetizer: Magnetizer, count: number): Promise<void> {
  while (magnetizer.stats().pending !== count) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('createMagnetizer', () => {
  it('writes the magnet of each segment, and the stream with its trackers', async () => {
    const { magnetizer } = setUp({ announce: ['ws://tracker.example'] });
    const out = await magnetizer.magnetize(live(7), { url: `${URL_}?token=1` });
    expect(readMagnets(out, URL_).map(({ uri, infoHash }) => [uri, infoHash])).toEqual(
      [7, 8, 9].map((n) => [`s${n}.ts`, hashOf(`s${n}.ts`)]),
    );
    expect(readStream(out)).toEqual({ stream: sha1(URL_), announce: ['ws://tracker.example'] });
    expect(stripPlaylist(out)).toBe(live(7));
  });

  it('gives bytes for bytes', async () => {
    const { magnetizer } = setUp();
    const out = await magnetizer.magnetize(new TextEncoder().encode(live(7)), { url: URL_ });
    expect(new TextDecoder().decode(stripPlaylist(out))).toBe(live(7));
    expect(readMagnets(out)).toHaveLength(3);
  });

  it('gives only the newest two segments of a live playlist their info dictionary', async () => {
    const { magnetizer } = setUp();
    const infos = async (text: string) =>
      readMagnets(await magnetizer.magnetize(text, { url: URL_ })).map(({ info }) => info !== undefined);
    expect(await infos(live(7))).toEqual([false, true, true]);
    expect(await infos(live(8))).toEqual([false, true, true]);
    expect(await infos(`${live(8)}#EXT-X-ENDLIST\n`)).toEqual([false, false, false]);
  });

  it('reads a segment once, however many ask at once, in however many playlists', async () => {
    const { magnetizer, reads } = setUp();
    const urls = Array.from({ length: 50 }, (_, i) => (i % 2 ? URL_ : `${URL_}?_HLS_part=${i}`));
    const outs = await Promise.all(urls.map((url) => magnetizer.magnetize(live(7), { url })));
    expect(new Set(outs.map((out) => readMagnets(out).length))).toEqual(new Set([3]));
    expect(reads).toHaveLength(3);
    expect(magnetizer.stats()).toMatchObject({ playlists: 50, segmentsHashed: 3, pending: 0 });
  });

  it('holds a playlist no longer than the time budget; the next reload has the rest', async () => {
    let release = (): void => {};
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { magnetizer, endBudget } = setUp({
      readSegment: async ({ url }) => {
        if (url.endsWith('s9.ts')) await slow;
        return bytesOf(url);
      },
    });
    const first = magnetizer.magnetize(live(7), { url: URL_ });
    await pending(magnetizer, 1);
    endBudget();
    expect(readMagnets(await first).map(({ uri }) => uri)).toEqual(['s7.ts', 's8.ts']);
    expect(magnetizer.stats()).toMatchObject({ incomplete: 1, pending: 1 });
    release();
    await pending(magnetizer, 0);
    const second = await magnetizer.magnetize(live(7), { url: URL_ });
    expect(readMagnets(second)).toHaveLength(3);
  });

  it('lets a caller that gives up go at once, and hashes on for the others', async () => {
    const { magnetizer } = setUp({ readSegment: () => new Promise(() => {}) });
    const caller = new AbortController();
    const held = magnetizer.magnetize(live(7), { url: URL_, signal: caller.signal });
    await pending(magnetizer, 3);
    caller.abort();
    expect(readMagnets(await held)).toEqual([]);
    expect(magnetizer.stats().pending).toBe(3);
  });

  it('does not hold a blocking reload', async () => {
    const waits: number[] = [];
    const { magnetizer } = setUp({
      readSegment: () => new Promise(() => {}),
      delay: async (ms) => {
        waits.push(ms);
      },
    });
    await magnetizer.magnetize(live(7), { url: `${URL_}?_HLS_msn=10` });
    await magnetizer.magnetize(live(7), { url: URL_ });
    expect(waits).toEqual([0, 300]);
  });

  it('counts what cannot be read, and tries it again after one second, then two', async () => {
    const errors: string[] = [];
    const { magnetizer, reads, clock } = setUp({
      readSegment: async ({ url }) => {
        reads.push(url);
        throw new Error('gone');
      },
      onError: (error, { url }) => errors.push(`${(error as Error).message} ${url}`),
    });
    const ask = () => magnetizer.magnetize(live(7, 1), { url: URL_ });
    for (const [at, tries] of [
      [0, 1],
      [999, 1],
      [1000, 2],
      [2999, 2],
      [3000, 3],
    ] as const) {
      clock.now = at;
      expect(readMagnets(await ask())).toEqual([]);
      expect(reads).toHaveLength(tries);
    }
    expect(errors).toEqual(Array(3).fill('gone http://origin.example/live/s7.ts'));
    expect(magnetizer.stats()).toMatchObject({ failures: 3, segmentsHashed: 0 });
  });

  it('refuses a byte range of another length, and a segment that is too large', async () => {
    const { magnetizer } = setUp({ maxSegmentLength: 10 });
    const text = '#EXTM3U\n#EXTINF:4,\n#EXT-X-BYTERANGE:9@0\na.ts\n#EXTINF:4,\nb.ts\n';
    expect(readMagnets(await magnetizer.magnetize(text, { url: URL_ }))).toEqual([]);
    expect(magnetizer.stats().failures).toBe(2);
  });

  it('leaves segments for the next reload when the queue is full', async () => {
    const { magnetizer } = setUp({ maxQueued: 2 });
    const uris = async () => readMagnets(await magnetizer.magnetize(live(7, 5), { url: URL_ })).map(({ uri }) => uri);
    expect(await uris()).toEqual(['s10.ts', 's11.ts']);
    expect(await uris()).toEqual(['s8.ts', 's9.ts', 's10.ts', 's11.ts']);
    expect(magnetizer.stats().deferred).toBe(4);
  });
});

describe('close', () => {
  it('ends running reads and starts no more; playlists go on with the magnets that are known', async () => {
    let known = true;
    const reasons: unknown[] = [];
    const { magnetizer, reads, endBudget } = setUp({
      readSegment: ({ url }, { signal }) => {
        reads.push(url);
        signal.addEventListener('abort', () => reasons.push(signal.reason));
        return known ? Promise.resolve(bytesOf(url)) : new Promise(() => {});
      },
    });
    await magnetizer.magnetize(live(7), { url: URL_ });
    known = false;
    const held = magnetizer.magnetize(live(8), { url: URL_ });
    await pending(magnetizer, 1);
    magnetizer.close();
    expect(readMagnets(await held).map(({ uri }) => uri)).toEqual(['s8.ts', 's9.ts']);
    endBudget();
    expect(readMagnets(await magnetizer.magnetize(live(9), { url: URL_ })).map(({ uri }) => uri)).toEqual(['s9.ts']);
    expect(reads).toHaveLength(4);
    expect(reasons).toEqual([new Error('the magnetizer is closed')]);
  });
});

describe('a segment that went out with a magnet', () => {
  it('keeps it while the live playlist names it, whatever happens to its bytes', async () => {
    let version = 1;
    const { magnetizer, clock } = setUp({ readSegment: async () => new Uint8Array([version]), maxCached: 100 });
    const hash = async (text: string) => readMagnets(await magnetizer.magnetize(text, { url: URL_ }))[0]?.infoHash;
    const before = await hash(live(7));
    version = 2;
    for (clock.now = 0; clock.now < 600_000; clock.now += 10_000) expect(await hash(live(7))).toBe(before);
  });

  it('keeps it in delta updates and blocking reloads of the same playlist', async () => {
    const { magnetizer, reads } = setUp();
    const before = readMagnets(await magnetizer.magnetize(live(7), { url: URL_ }));
    const delta =
      '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n#EXTINF:4,\ns9.ts\n';
    const url = `${URL_}?_HLS_msn=10&_HLS_part=2&_HLS_skip=YES`;
    const after = readMagnets(await magnetizer.magnetize(delta, { url }));
    expect(after.map(({ mediaSequence, infoHash }) => [mediaSequence, infoHash])).toEqual([[9, before[2]?.infoHash]]);
    expect(reads).toHaveLength(3);
  });

  it('may be looked at again when no client can hold its playlist any more: after its length, at least a minute', async () => {
    let version = 1;
    const { magnetizer, clock } = setUp({ readSegment: async () => new Uint8Array([version]) });
    const hash = async (text: string) => readMagnets(await magnetizer.magnetize(text, { url: URL_ }))[0]?.infoHash;
    const [short, long] = [await hash(live(7)), await hash(live(100, 30))];
    version = 2;
    clock.now = 60_001;
    expect(await hash(live(7))).not.toBe(short);
    clock.now = 120_000;
    expect(await hash(live(100, 30))).toBe(long);
    clock.now = 240_001;
    expect(await hash(live(100, 30))).not.toBe(long);
  });

  it('is another segment when a looping feed uses its name again', async () => {
    let version = 1;
    const { magnetizer } = setUp({ readSegment: async () => new Uint8Array([version]) });
    const hashes = async (text: string) =>
      readMagnets(await magnetizer.magnetize(text, { url: URL_ })).map(({ infoHash }) => infoHash);
    const [first] = await hashes(live(0, 3, (n) => `s${n % 3}.ts`));
    version = 2;
    const [, , third] = await hashes(live(1, 3, (n) => `s${n % 3}.ts`));
    expect(third).not.toBe(first);
    expect(third).toBe(createSegmentMagnet(new Uint8Array([2])).infoHash);
  });

  it('is not read again when its validator has not changed', async () => {
    const { magnetizer, reads } = setUp({
      readSegment: async ({ url }) => {
        reads.push(url);
        return { bytes: bytesOf(url), validator: '"v1"' };
      },
      validateSegment: async () => '"v1"',
    });
    await magnetizer.magnetize(
      live(0, 3, (n) => `s${n % 3}.ts`),
      { url: URL_ },
    );
    const out = await magnetizer.magnetize(
      live(1, 3, (n) => `s${n % 3}.ts`),
      { url: URL_ },
    );
    expect(readMagnets(out)).toHaveLength(3);
    expect(reads).toHaveLength(3);
  });

  it('of an ended playlist is looked at again after ten minutes, and keeps its magnet meanwhile', async () => {
    let version = 1;
    const { magnetizer, clock } = setUp({ readSegment: async () => new Uint8Array([version]) });
    const text = '#EXTM3U\n#EXTINF:4,\na.ts\n#EXT-X-ENDLIST\n';
    const hash = async () => readMagnets(await magnetizer.magnetize(text, { url: URL_ }))[0]?.infoHash;
    const before = await hash();
    version = 2;
    clock.now = 600_000;
    expect(await hash()).toBe(before);
    clock.now++;
    expect(await hash()).toBe(before);
    await pending(magnetizer, 0);
    expect(await hash()).toBe(createSegmentMagnet(new Uint8Array([2])).infoHash);
  });
});

describe('Multivariant Playlists', () => {
  const MULTIVARIANT = [
    '#EXTM3U',
    '#EXT-X-DEFINE:NAME="cdn",VALUE="http://cdn.example"',
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",URI="audio/index.m3u8"',
    '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"',
    '# comment',
    'low/index.m3u8?x=1',
    '#EXT-X-STREAM-INF:BANDWIDTH=2,AUDIO="a"',
    '{$cdn}/high/index.m3u8',
    '',
  ].join('\n');
  const PARENT = 'http://origin.example/live/main.m3u8';

  it('get the stream line alone, and name no stream but their own', async () => {
    const [seen, other] = [setUp({ announce: ['wss://t.example'] }).magnetizer, setUp().magnetizer];
    const out = await seen.magnetize(MULTIVARIANT, { url: `${PARENT}?token=1` });
    expect(stripPlaylist(out)).toBe(MULTIVARIANT);
    expect(readStream(out)).toEqual({ stream: sha1(PARENT), announce: ['wss://t.example'] });
    expect(out.split('\n').filter((line) => line.startsWith('###'))).toHaveLength(1);
    for (const url of [
      'http://origin.example/live/audio/index.m3u8',
      'http://origin.example/live/low/index.m3u8?x=1',
      'http://cdn.example/high/index.m3u8',
    ]) {
      for (const one of [seen, other]) {
        expect(
          readStream(await one.magnetize(live(7), { url: `${url}${url.includes('?') ? '&' : '?'}_HLS_msn=7` }))?.stream,
        ).toBe(sha1(url));
      }
    }
  });

  it('lend their variables to their renditions', async () => {
    const { magnetizer, reads } = setUp();
    await magnetizer.magnetize(MULTIVARIANT, { url: PARENT });
    const text = '#EXTM3U\n#EXT-X-DEFINE:IMPORT="cdn"\n#EXTINF:4,\n{$cdn}/a.ts\n';
    await magnetizer.magnetize(text, { url: 'http://origin.example/live/audio/index.m3u8' });
    expect(reads).toEqual(['http://cdn.example/a.ts']);
  });

  it('are overruled by the option stream', async () => {
    const { magnetizer } = setUp({ stream: (url) => `channel of ${new URL(url).pathname}` });
    await magnetizer.magnetize(MULTIVARIANT, { url: PARENT });
    const out = await magnetizer.magnetize(live(7), { url: 'http://origin.example/live/audio/index.m3u8?a' });
    expect(readStream(out)?.stream).toBe(sha1('channel of /live/audio/index.m3u8'));
  });
});

describe('playlists that cannot be annotated', () => {
  it.each(['', '<html>', '#EXTM3U', '#EXTM3U\n#EXT-X-I-FRAMES-ONLY\n#EXTINF:4,\na.ts\n'])(
    'go out as they came: %j',
    async (text) => {
      const { magnetizer, reads } = setUp();
      const out = await magnetizer.magnetize(text, { url: URL_ });
      expect(stripPlaylist(out)).toBe(text);
      expect(readSegments(out, URL_).segments.filter((segment) => 'magnet' in segment)).toEqual([]);
      expect(reads).toEqual([]);
    },
  );

  it('are counted when they are malformed', async () => {
    const { magnetizer } = setUp();
    await magnetizer.magnetize('<html>', { url: URL_ });
    expect(magnetizer.stats()).toMatchObject({ playlists: 1, passedThrough: 1, malformed: 1 });
  });
});

describe('a playlist beyond a limit', () => {
  it('passes through, and is told of once for each playlist', async () => {
    const told: unknown[] = [];
    const { magnetizer } = setUp({ onError: (error, { playlistUrl }) => told.push([String(error), playlistUrl]) });
    const long = `#EXTM3U\n#${'x'.repeat(70_000)}\n#EXTINF:4,\na.ts\n`;
    for (const url of [URL_, URL_, `${URL_}?2`]) expect(await magnetizer.magnetize(long, { url })).toBe(long);
    const message = expect.stringMatching(/^PlaylistLimitError: line 2: a line of more than 64 KiB: "#x{199}"$/);
    expect(told).toEqual([
      [message, URL_],
      [message, `${URL_}?2`],
    ]);
  });
});
