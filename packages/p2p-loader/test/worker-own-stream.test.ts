import { OwnStream } from '../src/playlists/own-stream.js';

const A = 'aa'.repeat(20);
const B = 'bb'.repeat(20);
const C = 'cc'.repeat(20);
const URL_ = 'https://tv.example/live.m3u8';

/** What is read of a playlist that names this stream. */
const playlist = (stream: string | undefined, url = URL_) => ({
  url,
  from: url,
  stream: stream ? { stream, announce: [] } : undefined,
});

/** What the loader makes of playlists of these streams, each `seconds` after the one before. */
function seen(...shown: readonly (readonly [stream: string, seconds: number])[]): string[] {
  const own = new OwnStream({});
  let now = 0;
  return shown.map(([stream, seconds]) => {
    now += seconds * 1000;
    return own.see(playlist(stream), now);
  });
}

describe("a loader's own stream", () => {
  it('is that of the first playlist, in all its renditions and reloads', () => {
    expect(seen([A, 0], [A, 0], [A, 6])).toEqual(['own', 'own', 'own']);
  });

  it('is the next one as soon as the player loads that', () => {
    expect(seen([A, 0], [A, 6], [B, 6], [B, 6])).toEqual(['own', 'own', 'moved', 'own']);
  });

  it('stays the first one when two players load two streams in turn', () => {
    const back = seen([A, 0], [B, 1], [A, 5], [B, 1], [A, 5], [B, 1], [A, 5]);
    expect(back).toEqual(['own', 'moved', 'moved', 'foreign', 'own', 'foreign', 'own']);
  });

  it('is the rival one when the first has not been seen for half a minute', () => {
    expect(seen([A, 0], [B, 1], [A, 5], [B, 29], [B, 2])).toEqual(['own', 'moved', 'moved', 'foreign', 'moved']);
  });

  it('may come back much later, and a third may come after it', () => {
    expect(seen([A, 0], [B, 60], [A, 60], [C, 1])).toEqual(['own', 'moved', 'moved', 'moved']);
  });

  it('is the one that the site names, whatever the playlists say', () => {
    const own = new OwnStream({ stream: C });
    expect([own.see(playlist(A), 0), own.see(playlist(B), 1)]).toEqual(['own', 'own']);
  });

  it('has all playlists that name none', () => {
    const own = new OwnStream({});
    expect([own.see(playlist(A), 0), own.see(playlist(undefined), 1)]).toEqual(['own', 'own']);
  });

  it.each([/\/live\./g, (url: URL) => url.pathname === '/live.m3u8'])(
    'has only what option playlist names: %s',
    (option) => {
      const own = new OwnStream({ playlist: option });
      expect(own.see(playlist(A, 'https://tv.example/other.m3u8'), 0)).toBe('foreign');
      for (let again = 0; again < 3; again++) expect(own.see(playlist(B), 1)).toBe('own');
    },
  );

  it('refuses an option playlist of another kind with an error that names it', () => {
    expect(() => new OwnStream({ playlist: 'live' as unknown as RegExp })).toThrow(/"playlist" must be a RegExp/);
  });
});

describe('the streams of two loaders behind one service worker', () => {
  function two() {
    const serviceWorker = new EventTarget() as ServiceWorkerContainer;
    const loaders = [new OwnStream({}, serviceWorker), new OwnStream({}, serviceWorker)] as const;
    for (const loader of loaders) loader.join();
    return loaders;
  }
  /** What each of the loaders makes of one playlist after the other. */
  const shown = (loaders: readonly OwnStream[], streams: readonly string[]) =>
    streams.map((stream, at) => loaders.map((loader) => loader.see(playlist(stream), at)));

  it('are one for each', () => {
    const expected = [
      ['own', 'foreign'],
      ['foreign', 'own'],
      ['own', 'foreign'],
      ['foreign', 'own'],
    ];
    expect(shown(two(), [A, B, A, B])).toEqual(expected);
  });

  it('are left to the one whose playlists the site says they are', () => {
    const serviceWorker = new EventTarget() as ServiceWorkerContainer;
    const first = new OwnStream({ playlist: /never/ }, serviceWorker);
    const second = new OwnStream({}, serviceWorker);
    for (const loader of [first, second]) loader.join();
    expect(shown([first, second], [A])).toEqual([['foreign', 'own']]);
  });

  it('are free when their loader has ended', () => {
    const [first, second] = two();
    shown([first, second], [A, B]);
    first.leave();
    expect(second.see(playlist(A), 9)).toBe('moved');
  });

  it('are taken before anything of them is used, but not by a loader that was not started', () => {
    const [first, second] = two();
    expect([first, second].map((loader) => loader.reserve(playlist(A)))).toEqual([true, false]);
    first.leave();
    expect([first, second].map((loader) => loader.reserve(playlist(A)))).toEqual([true, true]);
  });
});
