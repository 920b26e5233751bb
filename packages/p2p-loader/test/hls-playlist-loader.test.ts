import { Estimates } from '../src/hls/estimates.js';
import { hlsConfig } from '../src/hls/hls-config.js';
import type { HlsFragmentContext, HlsLoaderCallbacks, HlsLoaderContext } from '../src/hls/types.js';
import { FakeSource } from './fake-source.js';
import { BaseLoader, fragment } from './hls-fakes.js';

const context: HlsLoaderContext = { url: 'https://cdn.example/x.m3u8', responseType: 'text' };
const policy = { loadPolicy: { maxTimeToFirstByteMs: 1, maxLoadTimeMs: 1 } };

function setUp(source = new FakeSource()) {
  BaseLoader.made = [];
  const config = { loader: BaseLoader };
  const loader = new (hlsConfig(source, new Estimates()).pLoader)<HlsLoaderContext>(config);
  const base = BaseLoader.made[0] as BaseLoader;
  const told: unknown[][] = [];
  const callbacks: HlsLoaderCallbacks<HlsLoaderContext> = {
    onSuccess: (response) => told.push(['success', response, source.playlists.length]),
    onError: (error) => told.push(['error', error]),
    onTimeout: () => told.push(['timeout']),
    onAbort: () => told.push(['abort']),
  };
  loader.load(context, policy, callbacks);
  const succeed = (url: string, data: string | object): void =>
    base.callbacks?.onSuccess({ url, data: data as string, code: 200 }, base.stats, context, null);
  return { source, loader, base, told, succeed, config };
}

describe('a playlist', () => {
  it('goes to the source, with its URL after redirects, when hls.js has it', () => {
    const { source, told, succeed } = setUp();
    succeed('https://edge.example/x.m3u8', '#EXTM3U');
    expect(source.playlists).toEqual([['https://edge.example/x.m3u8', '#EXTM3U', 'https://cdn.example/x.m3u8']]);
    expect(told).toEqual([['success', { url: 'https://edge.example/x.m3u8', data: '#EXTM3U', code: 200 }, 0]]);
  });

  it('is read before a segment that hls.js asks for as soon as it has the playlist', () => {
    const source = new FakeSource();
    source.request = (url) => {
      expect(source.playlists.map(([, text]) => text)).toEqual(['#EXTM3U']);
      source.asked.push({ url, range: undefined, options: {} });
      return undefined;
    };
    BaseLoader.made = [];
    const { pLoader, fLoader } = hlsConfig(source, new Estimates());
    const config = { loader: BaseLoader };
    const callbacks = { onSuccess: () => {}, onError: () => {}, onTimeout: () => {} };
    new pLoader<HlsLoaderContext>(config).load(context, policy, {
      ...callbacks,
      onSuccess: () => new fLoader<HlsFragmentContext>(config).load(fragment(), policy, callbacks),
    });
    const [base] = BaseLoader.made;
    base?.callbacks?.onSuccess({ url: '', data: '#EXTM3U' }, base.stats, context, null);
    expect(source.asked.length).toBe(1);
    expect(source.playlists.length).toBe(1);
  });

  it.each(['', 'data:text/plain,x'])('has the URL asked for when the loader tells %j', (url) => {
    const { source, succeed } = setUp();
    succeed(url, '#EXTM3U');
    expect(source.playlists).toEqual([[context.url, '#EXTM3U', context.url]]);
  });

  it('reaches hls.js whatever the source does with it', () => {
    const source = new FakeSource();
    source.playlist = () => {
      throw new Error('broken');
    };
    const { told, succeed } = setUp(source);
    expect(() => succeed('', '#EXTM3U')).toThrow('broken');
    expect(told.length).toBe(1);
  });

  it('that is no text is only passed on', () => {
    const { source, told, succeed } = setUp();
    succeed('', {});
    expect(source.playlists).toEqual([]);
    expect(told.length).toBe(1);
  });
});

describe('a reload', () => {
  /** hls.js had the playlist before, and asks for it again at `url`. */
  function reload(url = context.url) {
    const source = new FakeSource();
    source.holds = true;
    BaseLoader.made = [];
    const config = { loader: BaseLoader };
    const { pLoader } = hlsConfig(source, new Estimates());
    const told: string[] = [];
    const load = () => {
      const loader = new pLoader<HlsLoaderContext>(config);
      const asked = { ...context, url };
      loader.load(asked, policy, {
        onSuccess: ({ data }) => void told.push(String(data)),
        onError: () => {},
        onTimeout: () => {},
      });
      const base = BaseLoader.made.at(-1) as BaseLoader;
      return {
        loader,
        answer: (data: string) => base.callbacks?.onSuccess({ url: '', data }, base.stats, asked, null),
      };
    };
    const first = load();
    first.answer('first');
    const { loader, answer } = load();
    return { source, loader, answer, told };
  }
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('is shown to the source first, and given to hls.js when the source says so, as it came', async () => {
    const { source, answer, told } = reload();
    answer('second');
    await settled();
    expect(source.playlists.map(([, text]) => text)).toEqual(['first', 'second']);
    expect(told).toEqual(['first']);
    source.release?.();
    await settled();
    expect(told).toEqual(['first', 'second']);
  });

  it.each(['abort', 'destroy'] as const)('that hls.js gives up meanwhile (%s) is not given to it', async (end) => {
    const { source, loader, answer, told } = reload();
    answer('second');
    loader[end]();
    source.release?.();
    await settled();
    expect(told).toEqual(['first']);
  });

  it('that a Low-Latency server holds (_HLS_msn) goes to hls.js at once', () => {
    const { answer, told } = reload(`${context.url}?_HLS_msn=7`);
    answer('second');
    expect(told).toEqual(['first', 'second']);
  });
});

describe('the configured loader', () => {
  it("is what hls.js's configuration names, and does everything else", () => {
    const { loader, base, told, config } = setUp();
    expect(base.config).toBe(config);
    expect(loader.stats).toBe(base.stats);
    expect(loader.context).toBe(context);
    expect([loader.getCacheAge?.(), loader.getResponseHeader?.('age')]).toEqual([7, 'header age']);
    base.callbacks?.onError({ code: 500, text: '' }, context, null, base.stats);
    base.callbacks?.onTimeout(base.stats, context, null);
    loader.abort();
    expect(told.map(([kind]) => kind)).toEqual(['error', 'timeout', 'abort']);
    loader.destroy();
    expect(base.destroyed).toBe(1);
  });
});
