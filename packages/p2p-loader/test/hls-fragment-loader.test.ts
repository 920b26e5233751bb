import type { OriginRequest } from '../src/segment-source.js';
import { FakeSource, kept, segment, settle, someBytes } from './fake-source.js';
import { fragment, fragmentLoader, URL_A } from './hls-fakes.js';

const BYTES = someBytes(1000);
const never = new Promise<never>(() => {});

describe('a fragment of the source', () => {
  it('is given as hls.js expects it, and the configured loader is not used', async () => {
    const { load, told, base, stats, context } = fragmentLoader(new FakeSource().add(URL_A, segment(BYTES)));
    load();
    await settle();
    const data = BYTES.slice().buffer;
    expect(told).toEqual([
      ['progress', stats, data],
      ['success', { url: URL_A, data, code: 200 }, stats, context, null],
    ]);
    expect(stats).toMatchObject({ loaded: 1000, total: 1000, aborted: false });
    expect(base.context).toBeNull();
  });

  it('is a copy: hls.js detaches the buffer, the cache keeps its own', async () => {
    const bytes = BYTES.slice();
    const { load, told } = fragmentLoader(new FakeSource().add(URL_A, segment(bytes)));
    load();
    await settle();
    const [, { data }] = told.at(-1) as [string, { data: ArrayBuffer }];
    structuredClone(data, { transfer: [data] });
    expect(bytes).toEqual(BYTES);
  });

  it('is asked for by its byte range', () => {
    const source = new FakeSource().add(URL_A, segment(BYTES), { offset: 100, length: 50 });
    fragmentLoader(source, fragment({ rangeStart: 100, rangeEnd: 150 })).load();
    expect(source.asked).toMatchObject([{ url: URL_A, range: { offset: 100, length: 50 } }]);
  });

  it('which is a Partial Segment is asked for by its own URL', () => {
    const source = new FakeSource().add(URL_A, segment(BYTES));
    const frag = { sn: 1, url: 'https://cdn.example/whole.ts', duration: 4 };
    fragmentLoader(source, fragment({ frag, part: { url: URL_A, duration: 1 } })).load();
    expect(source.asked).toMatchObject([{ url: URL_A, range: undefined }]);
  });

  it("is asked for by the playlist's URL, not by one with CMCD in its query, and without fragment", () => {
    const source = new FakeSource().add(URL_A, segment(BYTES));
    const frag = { sn: 1, url: `${URL_A}#t`, duration: 4 };
    fragmentLoader(source, fragment({ url: `${URL_A}?CMCD=br%3D1`, frag })).load();
    expect(source.asked).toMatchObject([{ url: URL_A, range: undefined }]);
  });

  describe("goes out to the origin as the configured loader's request would", () => {
    const OTHER = 'https://cdn.example/b.ts?n=1';
    const globals = globalThis as { XMLHttpRequest?: unknown };
    /** As far as a setup sees it (XMLHttpRequest §3.5). */
    class Xhr {
      withCredentials = false;
      #opened = false;
      open(_method: string, _url: string): void {
        this.#opened = true;
      }
      setRequestHeader(): void {
        if (!this.#opened) throw new DOMException('not opened', 'InvalidStateError');
      }
    }
    beforeEach(() => {
      globals.XMLHttpRequest = Xhr;
    });
    afterEach(() => {
      delete globals.XMLHttpRequest;
    });
    const originOf = (setups: object) => {
      const source = new FakeSource().add(URL_A, segment(BYTES));
      const { load, base } = fragmentLoader(source);
      Object.assign(base, setups);
      load();
      return source.asked[0]?.options.origin;
    };
    const shown = async (request: OriginRequest | Promise<OriginRequest> | undefined) => {
      const { url, init } = (await request) as OriginRequest;
      return [url, [...new Headers(init.headers)], init.credentials];
    };

    it.each([
      ['opened by it', (xhr: XMLHttpRequest, url: string) => xhr.open('GET', url)],
      ['that expects it open', () => {}],
    ])('by xhrSetup, %s', async (_, open) => {
      const origin = originOf({
        xhrSetup: async (xhr: XMLHttpRequest, url: string) => {
          open(xhr, `${url}${url.includes('?') ? '&' : '?'}token=1`);
          xhr.setRequestHeader('X-Token', '2');
          xhr.withCredentials = true;
        },
      });
      const token = _ === 'opened by it';
      expect(await shown(origin?.(URL_A))).toEqual([token ? `${URL_A}?token=1` : URL_A, [['x-token', '2']], 'include']);
      expect(await shown(origin?.(OTHER))).toEqual([token ? `${OTHER}&token=1` : OTHER, [['x-token', '2']], 'include']);
    });

    it('by fetchSetup', async () => {
      const fetchSetup = async ({ url }: { url: string }, init: RequestInit) =>
        new Request(`${url}#`.replace('#', url.includes('?') ? '&token=1' : '?token=1'), {
          ...init,
          headers: { 'X-Token': '2' },
          credentials: 'include',
        });
      const origin = originOf({ fetchSetup });
      expect(await shown(origin?.(OTHER))).toEqual([`${OTHER}&token=1`, [['x-token', '2']], 'include']);
    });

    it('which is a plain one without either', () => {
      expect(originOf({ xhrSetup: null })).toBeUndefined();
    });

    it('and fails with a setup that fails, so that hls.js is told by the configured loader', async () => {
      const origin = originOf({ xhrSetup: () => Promise.reject(new Error('no token')) });
      await expect(origin?.(URL_A)).rejects.toThrow('no token');
    });
  });

  it('leaves no timer behind', async () => {
    const { load, clock } = fragmentLoader(new FakeSource().add(URL_A, segment(BYTES)));
    load();
    expect(clock.timers).toBe(2);
    await settle();
    expect(clock.timers).toBe(0);
  });
});

describe('the configured loader', () => {
  it.each([
    ['what the source does not have', fragment({ frag: { sn: 1, url: 'https://cdn.example/b.ts', duration: 4 } })],
    ['Media Initialization Sections', fragment({ frag: { sn: 'initSegment', url: URL_A, duration: 0 } })],
    ['Partial Segments of others', fragment({ part: { url: 'https://cdn.example/b.ts?part=1', duration: 1 } })],
    ['what has no URL', fragment({ url: 'x', frag: { sn: 1, url: '', duration: 4 } })],
  ])('loads %s, with the same stats and callbacks', (_, context) => {
    const { load, base, stats, told } = fragmentLoader(new FakeSource().add(URL_A, segment(BYTES)), context);
    load();
    expect(base.context).toBe(context);
    expect(base.stats).toBe(stats);
    base.callbacks?.onError({ code: 404, text: 'Not Found' }, context, null, stats);
    expect(told).toEqual([['error', { code: 404, text: 'Not Found' }]]);
  });

  it('loads what the source fails to give, as if it were the first to try', async () => {
    const { load, base, stats, clock, context } = fragmentLoader(
      new FakeSource().add(URL_A, Promise.reject(new Error('404'))),
    );
    load();
    await settle();
    expect(base.context).toBe(context);
    expect(stats).toMatchObject({ loaded: 0, total: 0, aborted: false, loading: { start: 1, first: 0, end: 0 } });
    expect(clock.timers).toBe(0);
  });

  it('loads what brings no byte within maxTimeToFirstByteMs', () => {
    const source = new FakeSource().add(URL_A, never);
    const { load, base, clock, told } = fragmentLoader(source);
    load();
    clock.advance(9_999);
    expect(base.context).toBeNull();
    clock.advance(1);
    expect(base.context).not.toBeNull();
    expect(source.asked[0]?.options.signal?.aborted).toBe(true);
    expect(told).toEqual([]);
  });

  it('is aborted and destroyed with this one', () => {
    const { load, loader, base } = fragmentLoader(new FakeSource());
    load();
    loader.abort();
    loader.destroy();
    expect([base.aborted, base.destroyed]).toEqual([1, 1]);
    expect(loader.context).toBeNull();
  });

  it('answers for response headers', () => {
    const { loader } = fragmentLoader(new FakeSource());
    expect([loader.getCacheAge?.(), loader.getResponseHeader?.('age')]).toEqual([7, 'header age']);
  });
});

describe('maxLoadTimeMs', () => {
  it('ends a load whose bytes come too slowly, with onTimeout', () => {
    const source = new FakeSource().add(URL_A, never);
    const { load, base, clock, told, stats } = fragmentLoader(source);
    load();
    source.asked[0]?.options.onProgress?.({
      loaded: 1,
      total: 1000,
      timing: { start: clock.time, firstByte: clock.time },
      bodyMs: 1,
      prefix: kept(new Uint8Array(0)),
      verified: true,
    });
    clock.advance(119_999);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(told).toEqual([['timeout', stats]]);
    expect(base.context).toBeNull();
    expect(source.asked[0]?.options.signal?.aborted).toBe(true);
  });
});

describe('abort and destroy', () => {
  it('abort ends the request to the source and tells hls.js once', async () => {
    const source = new FakeSource().add(URL_A, segment(BYTES));
    const { load, loader, told, stats, clock } = fragmentLoader(source);
    load();
    loader.abort();
    loader.abort();
    await settle();
    expect(told).toEqual([['abort', stats]]);
    expect(stats.aborted).toBe(true);
    expect(source.asked[0]?.options.signal?.aborted).toBe(true);
    expect(clock.timers).toBe(0);
  });

  it('destroy ends the request to the source and tells nobody', async () => {
    const source = new FakeSource().add(URL_A, segment(BYTES));
    const { load, loader, told } = fragmentLoader(source);
    load();
    loader.destroy();
    await settle();
    expect(told).toEqual([]);
    expect(source.asked[0]?.options.signal?.aborted).toBe(true);
  });

  it('destroy after success leaves the stats that hls.js holds', async () => {
    const { load, loader, stats } = fragmentLoader(new FakeSource().add(URL_A, segment(BYTES)));
    load();
    await settle();
    loader.destroy();
    expect(stats).toMatchObject({ aborted: false, loaded: 1000 });
  });
});
