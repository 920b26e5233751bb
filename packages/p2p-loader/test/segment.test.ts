import { jest } from '@jest/globals';
import type { OriginError } from '../src/origin/origin-fetch.js';
import { RangeHosts } from '../src/origin/origin-runs.js';
import type { ListedSegment } from '../src/playlists/listed-segment.js';
import { Segment, type SegmentEnvironment } from '../src/segment/segment.js';
import { type Sample, sample, streamPair, torrentClients, torrentsOf, until, viewerId } from './torrent-fixtures.js';

jest.setTimeout(60_000);
const client = torrentClients();
const URL_A = 'https://cdn.example/a.ts';

const listed = ({ infoHash, bytes, info }: Sample, changes: Partial<ListedSegment> = {}): ListedSegment => ({
  infoHash,
  length: bytes.byteLength,
  info: info.encoded,
  url: URL_A,
  range: undefined,
  mediaSequence: 1,
  duration: 4_000,
  ...changes,
});

/** Answers with a body that the test feeds. */
class FakeOrigin {
  readonly requests: { url: string; headers: Headers; signal: AbortSignal | undefined }[] = [];
  answer: (url: string) => Response | Promise<Response> = () => new Response('', { status: 404 });
  readonly fetch = (async (input: RequestInfo | URL, init: RequestInit = {}) => {
    const url = String(input);
    this.requests.push({ url, headers: new Headers(init.headers), signal: init.signal ?? undefined });
    return this.answer(url);
  }) as typeof fetch;
}

class Fixture {
  readonly origin = new FakeOrigin();
  readonly failures: OriginError[] = [];
  readonly bad: string[][] = [];
  readonly bytesBy: Record<string, number> = {};
  completed = 0;
  left = 0;
  progress = 0;
  onProgress = (): void => {};
  readonly segment: Segment;
  readonly hosts: RangeHosts;

  constructor(
    sampleOf: Sample,
    n = 1,
    environment: Partial<SegmentEnvironment> = {},
    length = sampleOf.bytes.byteLength,
  ) {
    this.hosts = environment.hosts ?? new RangeHosts();
    this.segment = new Segment(
      sampleOf.infoHash,
      length,
      {
        torrents: () => torrentsOf(client(viewerId(n))),
        now: () => performance.now(),
        fetch: this.origin.fetch,
        originRequest: (url) => ({ url, init: {} }),
        hosts: this.hosts,
        random: () => 0.99,
        ...environment,
      },
      {
        onProgress: () => {
          this.progress += 1;
          this.onProgress();
        },
        onComplete: () => {
          this.completed += 1;
        },
        onOriginFailed: (_segment, error) => this.failures.push(error),
        onPieceBytes: (_segment, sender, bytes) => {
          this.bytesBy[sender] = (this.bytesBy[sender] ?? 0) + bytes;
        },
        onBlock: () => {},
        onOriginLeft: () => {
          this.left += 1;
        },
        onServed: () => {},
        onBadPiece: (_segment, senders) => this.bad.push([...senders]),
        onUpload: () => {},
      },
    );
  }

  async ended(): Promise<void> {
    await until(() => this.completed + this.failures.length > 0);
  }
}

const body = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes as Uint8Array<ArrayBuffer>;

/** In parts, as a network brings it, and at its end. */
const parts = (bytes: Uint8Array): ReadableStream<Uint8Array<ArrayBuffer>> => {
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      await new Promise(setImmediate);
      if (at >= bytes.length) return controller.close();
      controller.enqueue(body(bytes.slice(at, at + 20_000)));
      at += 20_000;
    },
  });
};

describe('a segment from the origin', () => {
  it('is here whole after one GET, piece by piece', async () => {
    const data = await sample(150_000);
    const fixture = new Fixture(data);
    const { segment, origin } = fixture;
    origin.answer = () => new Response(body(data.bytes), { headers: { 'Content-Type': 'video/mp2t' } });
    segment.list(listed(data));
    segment.fetchFromOrigin(false);
    segment.fetchFromOrigin(false);
    await until(() => segment.complete);
    expect(segment.bytes?.copy()).toEqual(data.bytes);
    expect(segment.contentType).toBe('video/mp2t');
    expect([segment.originBytes, segment.peerBytes, segment.missing, segment.fetching]).toEqual([150_000, 0, 0, false]);
    expect(origin.requests).toHaveLength(1);
    expect(origin.requests[0]?.headers.has('Range')).toBe(false);
    expect(fixture.bytesBy).toEqual({ '': 150_000 });
  });

  it('is verified as a whole while torrents are not loaded, and given to others once they are', async () => {
    const data = await sample(150_000);
    let loaded = false;
    const own = torrentsOf(client(viewerId(1)));
    const fixture = new Fixture(data, 1, { torrents: () => (loaded ? own : undefined) });
    const { segment, origin } = fixture;
    origin.answer = () => new Response(body(data.bytes));
    segment.list(listed(data));
    segment.fetchFromOrigin(false);
    await fixture.ended();
    expect([segment.complete, segment.hasTorrent, segment.originBytes]).toEqual([true, false, 150_000]);
    loaded = true;
    const other = new Fixture(data, 2);
    other.segment.list(listed(data));
    const [mine, theirs] = streamPair(viewerId(1), viewerId(2), data.infoHash);
    segment.addStream(mine);
    other.segment.addStream(theirs);
    await until(() => other.segment.complete);
    expect(other.segment.bytes?.copy()).toEqual(data.bytes);
    expect(other.segment.peerBytes).toBe(150_000);
  });

  it('is not what the origin sent when that is wrong, while torrents are not loaded', async () => {
    const data = await sample(150_000);
    const fixture = new Fixture(data, 1, { torrents: () => undefined });
    fixture.origin.answer = () => new Response(body(data.bytes.map((byte) => byte ^ 1)));
    fixture.segment.list(listed(data));
    fixture.segment.fetchFromOrigin(false);
    await fixture.ended();
    expect(fixture.failures.map(({ message }) => message)).toEqual([
      expect.stringContaining(`not those of ${data.infoHash}`),
    ]);
    expect([fixture.segment.complete, fixture.completed]).toEqual([false, 0]);
  });

  it.each([
    ['torrents are not loaded', { torrents: () => undefined }, {}],
    ['its pieces are not known', {}, { info: undefined }],
  ])(
    'can be shown from its first byte on while %s, but for what makes it whole',
    async (_why, environment, changes) => {
      const data = await sample(100_000);
      const fixture = new Fixture(data, 1, environment);
      const seen: (readonly [number, boolean])[] = [];
      fixture.onProgress = () => {
        const { prefix, verified, loaded } = fixture.segment.progress;
        expect(prefix.copy()).toEqual(data.bytes.slice(0, prefix.length));
        if (loaded < data.bytes.byteLength) seen.push([prefix.length, verified]);
        else expect(prefix.length).toBeLessThan(data.bytes.byteLength);
      };
      fixture.origin.answer = () => new Response(parts(data.bytes));
      fixture.segment.list(listed(data, changes));
      fixture.segment.fetchFromOrigin(false);
      await fixture.ended();
      expect(seen.length).toBeGreaterThan(1);
      expect(seen.every(([length, verified]) => length > 0 && !verified)).toBe(true);
      const { prefix, verified } = fixture.segment.progress;
      expect([prefix.length, verified]).toEqual([100_000, true]);
    },
  );

  it('is not shown before it is verified where it has several places: one may have other bytes', async () => {
    const data = await sample(100_000);
    const fixture = new Fixture(data, 1, { torrents: () => undefined });
    const seen: number[] = [];
    fixture.onProgress = () => seen.push(fixture.segment.progress.prefix.length);
    fixture.origin.answer = () => new Response(parts(data.bytes));
    fixture.segment.list(listed(data, { url: 'https://other.example/a.ts' }));
    fixture.segment.list(listed(data));
    fixture.segment.fetchFromOrigin(false);
    await fixture.ended();
    expect([...new Set(seen)]).toEqual([0]);
  });

  it('goes on as a torrent when those are loaded while it comes', async () => {
    const data = await sample(150_000);
    let loaded = false;
    const own = torrentsOf(client(viewerId(1)));
    const fixture = new Fixture(data, 1, { torrents: () => (loaded ? own : undefined) });
    fixture.origin.answer = async () => {
      loaded = true;
      return new Response(body(data.bytes));
    };
    fixture.segment.list(listed(data));
    fixture.segment.fetchFromOrigin(false);
    await until(() => fixture.segment.complete);
    expect([fixture.segment.hasTorrent, fixture.segment.originBytes]).toEqual([true, 150_000]);
  });

  it('needs no info dictionary: its bytes make it', async () => {
    const data = await sample(100_000);
    const fixture = new Fixture(data);
    fixture.origin.answer = () => new Response(body(data.bytes));
    fixture.segment.list(listed(data, { info: undefined }));
    fixture.segment.fetchFromOrigin(false);
    await fixture.ended();
    expect(fixture.segment.bytes?.copy()).toEqual(data.bytes);
    expect(fixture.segment.info).toEqual(data.info.encoded);
  });

  it('is complete too when the info dictionary comes while its bytes do', async () => {
    const data = await sample(100_000);
    const fixture = new Fixture(data);
    const gate = new TransformStream<Uint8Array, Uint8Array>();
    const writer = gate.writable.getWriter();
    fixture.origin.answer = () => new Response(gate.readable as ReadableStream<Uint8Array<ArrayBuffer>>);
    fixture.segment.list(listed(data, { info: undefined }));
    fixture.segment.fetchFromOrigin(false);
    await writer.write(data.bytes);
    expect(fixture.segment.setInfo(data.info.encoded)).toBe(true);
    await writer.close();
    await fixture.ended();
    expect(fixture.segment.bytes?.copy()).toEqual(data.bytes);
  });

  it.each([
    ['with its info dictionary', true],
    ['without', false],
  ])('is refused when its bytes are others, %s', async (_name, withInfo) => {
    const data = await sample(100_000);
    const fixture = new Fixture(data);
    fixture.origin.answer = () => new Response(new Uint8Array(100_000));
    fixture.segment.list(listed(data, withInfo ? {} : { info: undefined }));
    fixture.segment.fetchFromOrigin(false);
    await fixture.ended();
    expect(fixture.segment.complete).toBe(false);
    expect(fixture.failures).toHaveLength(1);
    expect(fixture.failures[0]?.message).toContain('its bytes are not those of');
    expect(fixture.segment.fetching).toBe(false);
  });

  it.each<[string, () => Response, number, RegExp]>([
    ['a 404', () => new Response('', { status: 404 }), 404, /status 404/],
    ['too few bytes', () => new Response(new Uint8Array(99)), 200, /99 bytes instead of 1000/],
    ['too many bytes', () => new Response(new Uint8Array(1_001)), 200, /more than the 1000 bytes/],
    ['an empty body', () => new Response(null), 200, /0 bytes instead/],
  ])('fails with the status and the reason at %s, and can be asked again', async (_name, answer, status, reason) => {
    const data = await sample(1_000);
    const fixture = new Fixture(data);
    fixture.origin.answer = answer;
    fixture.segment.list(listed(data));
    fixture.segment.fetchFromOrigin(false);
    await fixture.ended();
    expect(fixture.failures[0]).toMatchObject({ name: 'OriginError', status, url: URL_A });
    expect(fixture.failures[0]?.message).toMatch(reason);
    fixture.origin.answer = () => new Response(body(data.bytes));
    fixture.segment.fetchFromOrigin(false);
    await until(() => fixture.segment.complete);
    expect(fixture.segment.bytes?.copy()).toEqual(data.bytes);
  });

  it('fails with status 0 when nobody answers, or the site’s originRequest does not', async () => {
    const data = await sample(1_000);
    const down = new Fixture(data);
    down.origin.answer = () => Promise.reject(new TypeError('Failed to fetch'));
    const broken = new Fixture(data, 2, { originRequest: () => Promise.reject(new Error('no token')) });
    for (const [fixture, reason] of [
      [down, 'Failed to fetch'],
      [broken, 'no token'],
    ] as const) {
      fixture.segment.list(listed(data));
      fixture.segment.fetchFromOrigin(false);
      await fixture.ended();
      expect(fixture.failures[0]).toMatchObject({ name: 'OriginError', status: 0 });
      expect(fixture.failures[0]?.message).toContain(reason);
      expect(fixture.segment.fetching).toBe(false);
    }
  });

  it('fails when no playlist names it', async () => {
    const fixture = new Fixture(await sample(1_000));
    fixture.segment.fetchFromOrigin(false);
    await fixture.ended();
    expect(fixture.failures[0]?.message).toContain('no playlist names this segment');
  });

  it('comes from an earlier listing when the latest fails', async () => {
    const data = await sample(1_000);
    const fixture = new Fixture(data);
    fixture.origin.answer = (url) =>
      url.includes('/a.ts') ? new Response(body(data.bytes)) : new Response('', { status: 403 });
    fixture.segment.list(listed(data));
    fixture.segment.list(listed(data, { url: 'https://cdn2.example/b.ts' }));
    fixture.segment.fetchFromOrigin(false);
    await fixture.ended();
    expect(fixture.origin.requests.map(({ url }) => new URL(url).pathname)).toEqual(['/b.ts', '/a.ts']);
    expect(fixture.segment.bytes?.copy()).toEqual(data.bytes);
  });

  it('asks for a byte range where the playlist gave one, and takes nothing but a 206 for it', async () => {
    const data = await sample(1_000);
    const range = { offset: 500, length: 1_000 };
    for (const status of [206, 200]) {
      const fixture = new Fixture(data);
      fixture.origin.answer = () => new Response(body(data.bytes), { status });
      fixture.segment.list(listed(data, { range }));
      fixture.segment.fetchFromOrigin(false);
      await fixture.ended();
      expect(fixture.origin.requests[0]?.headers.get('Range')).toBe('bytes=500-1499');
      expect([fixture.completed, fixture.failures[0]?.status]).toEqual(status === 206 ? [1, undefined] : [0, 200]);
    }
  });

  it('sends what the site and its player set', async () => {
    const data = await sample(1_000);
    const fixture = new Fixture(data, 1, {
      originRequest: (url) => ({ url: `${url}?own`, init: { headers: { 'X-Token': url } } }),
    });
    fixture.origin.answer = () => new Response(body(data.bytes));
    fixture.segment.list(listed(data));
    fixture.segment.fetchFromOrigin(false);
    await fixture.ended();
    expect(fixture.origin.requests[0]?.headers.get('X-Token')).toBe(URL_A);
    expect(fixture.origin.requests[0]?.url).toMatch(/^https:\/\/cdn\.example\/a\.ts\?own#/);
  });

  it('ends its request when aborted or destroyed, without a failure', async () => {
    const data = await sample(1_000);
    for (const end of ['abortFetch', 'destroy'] as const) {
      const fixture = new Fixture(data);
      fixture.origin.answer = () =>
        new Promise((_resolve, reject) => {
          const { signal } = fixture.origin.requests[0] ?? {};
          signal?.addEventListener('abort', () => reject(signal.reason));
        });
      fixture.segment.list(listed(data));
      fixture.segment.fetchFromOrigin(false);
      await until(() => fixture.origin.requests.length === 1);
      fixture.segment[end]();
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(fixture.origin.requests[0]?.signal?.aborted).toBe(true);
      expect([fixture.segment.fetching, fixture.failures.length]).toEqual([false, 0]);
    }
  });
});

describe.each([
  ['with its info dictionary', {}],
  ['without', { info: undefined }],
])("an origin's answer that is not the segment, %s", (_name, changes) => {
  const LENGTH = 200_000;
  const more = (bytes: Uint8Array): Uint8Array => Uint8Array.from([...bytes, 1, 2, 3]);

  it.each<[string, (bytes: Uint8Array) => Response]>([
    ['ends at half, as if it were whole', (bytes) => new Response(parts(bytes.subarray(0, 100_000)))],
    ['ends one byte early', (bytes) => new Response(parts(bytes.subarray(0, -1)))],
    ['goes on', (bytes) => new Response(parts(more(bytes)))],
    ['goes on, and says so', (bytes) => new Response(parts(more(bytes)), { headers: { 'Content-Length': '200003' } })],
  ])('is never taken for whole: it %s', async (_how, answer) => {
    const data = await sample(LENGTH);
    const fixture = new Fixture(data);
    const { segment } = fixture;
    fixture.origin.answer = () => answer(data.bytes);
    segment.list(listed(data, changes));
    segment.fetchFromOrigin(false);
    await fixture.ended();
    expect([segment.complete, fixture.completed, fixture.failures.length]).toEqual([false, 0, 1]);
    expect(segment.progress.bodyMs).toBeUndefined();
  });

  it.each([
    ['of other bytes', 'bytes 0-199999/300000'],
    ['of fewer bytes', 'bytes 500-1000/300000'],
  ])('is never taken: a range %s', async (_how, field) => {
    const data = await sample(LENGTH);
    const fixture = new Fixture(data);
    fixture.origin.answer = () => new Response(body(data.bytes), { status: 206, headers: { 'Content-Range': field } });
    fixture.segment.list(listed(data, { ...changes, range: { offset: 500, length: LENGTH } }));
    fixture.segment.fetchFromOrigin(false);
    await fixture.ended();
    expect([fixture.segment.complete, fixture.failures[0]?.message]).toEqual([false, expect.stringContaining(field)]);
  });

  it('is taken whole whatever length it says where that may be the length of a compressed body', async () => {
    const data = await sample(LENGTH);
    for (const [encoding, type] of [
      ['gzip', 'basic'],
      [undefined, 'cors'],
    ] as const) {
      const headers = { 'Content-Length': String(LENGTH + 60), ...(encoding && { 'Content-Encoding': encoding }) };
      const fixture = new Fixture(data);
      fixture.origin.answer = () =>
        Object.defineProperty(new Response(parts(data.bytes), { headers }), 'type', { value: type });
      fixture.segment.list(listed(data, changes));
      fixture.segment.fetchFromOrigin(false);
      await fixture.ended();
      expect([fixture.segment.complete, fixture.failures]).toEqual([true, []]);
    }
  });

  it('is passed on before its end only where it says how long it is: nobody sees any other end early', async () => {
    const data = await sample(LENGTH);
    for (const [headers, told] of [
      [{ 'Content-Length': String(LENGTH) }, true],
      [{}, false],
      [{ 'Content-Length': '90000' }, false],
    ] as const) {
      const fixture = new Fixture(data);
      let seen = false;
      fixture.onProgress = () => {
        seen ||= !fixture.segment.complete && fixture.segment.progress.bodyMs !== undefined;
      };
      fixture.origin.answer = () => new Response(parts(data.bytes), { headers });
      fixture.segment.list(listed(data, changes));
      fixture.segment.fetchFromOrigin(false);
      await fixture.ended();
      expect([seen, fixture.segment.complete]).toEqual([told, true]);
    }
  });
});

describe('a segment above 1 MiB from the origin', () => {
  const LENGTH = 3_500_000;
  let data: Sample;
  beforeAll(async () => {
    data = await sample(LENGTH);
  });

  /** Answers Range by 206 as the segment's resource, which it is `offset` bytes into. */
  const partial =
    (fixture: Fixture, offset = 0) =>
    (): Response => {
      const range = fixture.origin.requests.at(-1)?.headers.get('Range') ?? '';
      const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
      if (first === undefined) return new Response(body(data.bytes));
      return new Response(body(data.bytes.subarray(Number(first) - offset, Number(last) + 1 - offset)), {
        status: 206,
      });
    };
  /** Element by element is too slow at this length. */
  const isWhole = ({ segment }: Fixture): boolean =>
    Buffer.compare(segment.bytes?.copy() ?? Buffer.of(), data.bytes) === 0;
  const ranges = ({ origin }: Fixture) => origin.requests.map(({ headers }) => headers.get('Range'));

  it.each([
    ['nobody else fetches, by one GET', true, false],
    ['its host was not seen to answer 206, by one GET', undefined, true],
    ['its host ignores Range, by one GET', false, true],
  ])('comes, where %s', async (_where, honours, split) => {
    const hosts = new RangeHosts();
    if (honours !== undefined) hosts.learn(URL_A, honours);
    const fixture = new Fixture(data, 1, { hosts });
    fixture.origin.answer = partial(fixture);
    fixture.segment.list(listed(data));
    fixture.segment.fetchFromOrigin(split);
    await fixture.ended();
    expect(ranges(fixture)).toEqual([null]);
    expect(isWhole(fixture)).toBe(true);
  });

  it('comes in runs, in an order of its own, where others fetch too', async () => {
    const hosts = new RangeHosts();
    hosts.learn(URL_A, true);
    const fixture = new Fixture(data, 1, { hosts });
    fixture.origin.answer = partial(fixture);
    fixture.segment.list(listed(data));
    fixture.segment.fetchFromOrigin(true);
    await fixture.ended();
    expect(ranges(fixture)).toEqual([
      `bytes=3145728-${LENGTH - 1}`,
      'bytes=2097152-3145727',
      'bytes=1048576-2097151',
      'bytes=0-1048575',
    ]);
    expect(isWhole(fixture)).toBe(true);
    expect([fixture.segment.originBytes, fixture.segment.fetching]).toEqual([LENGTH, false]);
  });

  it('tells by its host that this takes Range', async () => {
    const fixture = new Fixture(data);
    fixture.origin.answer = () => new Response(body(data.bytes), { headers: { 'Accept-Ranges': 'bytes' } });
    fixture.segment.list(listed(data));
    fixture.segment.fetchFromOrigin(true);
    await fixture.ended();
    expect(fixture.hosts.honours(URL_A)).toBe(true);
  });

  it('comes in runs within its byte range', async () => {
    const fixture = new Fixture(data);
    fixture.origin.answer = partial(fixture, 100);
    fixture.segment.list(listed(data, { range: { offset: 100, length: LENGTH } }));
    fixture.segment.fetchFromOrigin(true);
    await fixture.ended();
    expect(ranges(fixture)[3]).toBe('bytes=100-1048675');
    expect(isWhole(fixture)).toBe(true);
  });

  /** A segment whose last 354,272 bytes are here. */
  const begun = async (): Promise<Fixture> => {
    const hosts = new RangeHosts();
    hosts.learn(URL_A, true);
    const fixture = new Fixture(data, 1, { hosts });
    const first = partial(fixture);
    fixture.origin.answer = async () => {
      if (fixture.origin.requests.length === 1) return first();
      await until(() => fixture.segment.missing === 3_145_728);
      return new Response(null, { status: 503 });
    };
    fixture.segment.list(listed(data));
    fixture.segment.fetchFromOrigin(true);
    await fixture.ended();
    fixture.origin.requests.length = 0;
    fixture.failures.length = 0;
    return fixture;
  };

  it('is asked only for what is missing, from the front when nobody else fetches', async () => {
    const fixture = await begun();
    fixture.origin.answer = partial(fixture);
    fixture.segment.fetchFromOrigin(false);
    await fixture.ended();
    expect(ranges(fixture)).toEqual(['bytes=0-1048575', 'bytes=1048576-2097151', 'bytes=2097152-3145727']);
    expect(isWhole(fixture)).toBe(true);
  });

  it.each<[string, () => Response | Promise<Response>]>([
    ['answers a Range by all of it', () => new Response(body(data.bytes))],
    ['takes no Range', () => Promise.reject(new TypeError('CORS'))],
  ])('comes whole from a host that %s, which is not asked for a part again', async (_host, answer) => {
    const fixture = await begun();
    const other = 'https://other.example/a.ts';
    fixture.origin.answer = () => (fixture.origin.requests.length === 1 ? answer() : new Response(body(data.bytes)));
    fixture.segment.list(listed(data, { url: other }));
    fixture.segment.fetchFromOrigin(false);
    await fixture.ended();
    expect(ranges(fixture)[0]).toBe('bytes=0-1048575');
    expect(ranges(fixture).slice(1)).toEqual(ranges(fixture).length === 1 ? [] : [null]);
    expect(isWhole(fixture)).toBe(true);
    expect(fixture.hosts.honours(other)).toBe(false);
  });
});

describe('a segment from viewers', () => {
  it.each([
    [3_500_000, 1],
    [1_000_000, 0],
  ])(
    'of %i bytes: what the origin brings of it after them is left to be decided anew where the rest can be had alone',
    async (length, left) => {
      const data = await sample(length);
      const [a, b] = [await seeded(data), new Fixture(data, 2)];
      b.origin.answer = () =>
        new Response(new ReadableStream({ start: (it) => it.enqueue(body(data.bytes.slice(0, 600_000))) }));
      b.segment.list(listed(data, { info: data.info.encoded }));
      b.segment.fetchFromOrigin(false);
      await until(() => b.segment.missing < length);
      join(a, b, data.infoHash);
      await b.ended();
      expect([b.left, b.segment.complete, b.segment.fetching]).toEqual([left, true, false]);
    },
  );

  const join = (a: Fixture, b: Fixture, infoHash: string): void => {
    const [mine, theirs] = streamPair(viewerId(1), viewerId(2), infoHash);
    a.segment.addStream(mine);
    b.segment.addStream(theirs);
  };

  const seeded = async (data: Sample): Promise<Fixture> => {
    const fixture = new Fixture(data, 1);
    fixture.origin.answer = () => new Response(body(data.bytes));
    fixture.segment.list(listed(data));
    fixture.segment.fetchFromOrigin(false);
    await fixture.ended();
    return fixture;
  };

  it('is passed on by a viewer that had it from the origin', async () => {
    const data = await sample(100_000);
    const [a, b] = [await seeded(data), new Fixture(data, 2)];
    b.segment.setInfo(data.info.encoded);
    join(a, b, data.infoHash);
    await b.ended();
    expect(b.segment.bytes?.copy()).toEqual(data.bytes);
    expect([b.segment.peerBytes, b.segment.originBytes]).toEqual([100_000, 0]);
    expect(b.origin.requests).toEqual([]);
  });

  it('ends the origin’s answer when viewers were faster', async () => {
    const data = await sample(100_000);
    const [a, b] = [await seeded(data), new Fixture(data, 2)];
    b.origin.answer = () => new Response(new ReadableStream());
    b.segment.list(listed(data));
    b.segment.fetchFromOrigin(false);
    join(a, b, data.infoHash);
    await b.ended();
    expect(b.segment.bytes?.copy()).toEqual(data.bytes);
    expect(b.origin.requests[0]?.signal?.aborted).toBe(true);
    expect(b.failures).toEqual([]);
  });

  it('cannot be carried without an info dictionary', async () => {
    const data = await sample(1_000);
    const fixture = new Fixture(data);
    const [mine] = streamPair(viewerId(1), viewerId(2), data.infoHash);
    fixture.segment.addStream(mine);
    await until(() => mine.destroyed);
    expect(fixture.segment.hasTorrent).toBe(false);
  });

  it('takes no info dictionary of another length', async () => {
    const data = await sample(1_000);
    const fixture = new Fixture(data, 1, {}, 999);
    expect(fixture.segment.setInfo(data.info.encoded)).toBe(false);
    expect(fixture.segment.setInfo(new Uint8Array(10))).toBe(false);
    expect(fixture.segment.info).toBeUndefined();
  });
});
