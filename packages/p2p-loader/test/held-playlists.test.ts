import { jest } from '@jest/globals';
import type { ListedSegment } from '../src/playlists/listed-segment.js';
import type { PlaylistState } from '../src/playlists/playlist-catalog.js';
import { HeldPlaylists } from '../src/schedule/held-playlists.js';

const DURATION = 4_000;

const listed = (n: number): ListedSegment => ({
  infoHash: String(n).padStart(40, '0'),
  length: 2_000_000,
  info: undefined,
  url: `https://cdn.example/${n}.ts`,
  range: undefined,
  mediaSequence: n,
  duration: DURATION,
});

beforeEach(() => jest.useFakeTimers({ now: 0 }));
afterEach(() => jest.useRealTimers());

/** A player that was told of segments 1 to 3 and plays them. */
function setUp(changes: Partial<PlaylistState> = {}) {
  const playlist: PlaylistState = {
    url: 'https://cdn.example/live.m3u8',
    segments: [1, 2, 3].map(listed),
    targetDuration: DURATION,
    live: true,
    reloadedAt: 0,
    requested: 3,
    requestedAt: 0,
    ...changes,
  };
  const here = new Set<string>();
  const state = { links: true, tellBy: 6_000 };
  const held = new HeldPlaylists({
    now: () => Date.now(),
    isHere: (infoHash) => here.has(infoHash),
    tellBy: () => state.tellBy,
    comes: () => state.links,
  });
  const first = held.hold(playlist);
  const reload = (...numbers: number[]) => {
    playlist.segments = numbers.map(listed);
    const result = { isGiven: false };
    const until = held.hold(playlist);
    const give = (): void => {
      result.isGiven = true;
    };
    if (until) until.then(give);
    else give();
    return result;
  };
  const arrives = (n: number): void => {
    here.add(listed(n).infoHash);
    held.look();
  };
  return { playlist, held, state, first, reload, arrives };
}

const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

describe('a reload with a new segment is kept from the player', () => {
  it('until the segment is here', async () => {
    const { first, reload, arrives } = setUp();
    expect(first).toBeUndefined();
    const given = reload(2, 3, 4);
    await pass(3_000);
    expect(given.isGiven).toBe(false);
    arrives(4);
    await pass(0);
    expect(given.isGiven).toBe(true);
  });

  it('which is not told of it until then', async () => {
    const { playlist, reload, arrives } = setUp();
    expect(playlist.told).toBe(3);
    reload(2, 3, 4);
    expect(playlist.told).toBe(3);
    arrives(4);
    expect(playlist.told).toBe(4);
    // The encoder began anew.
    reload(1);
    expect(playlist.told).toBe(1);
  });

  it('until all new segments are here, where it names several', async () => {
    const { reload, arrives } = setUp();
    const given = reload(3, 4, 5);
    arrives(4);
    await pass(0);
    expect(given.isGiven).toBe(false);
    arrives(5);
    await pass(0);
    expect(given.isGiven).toBe(true);
  });

  it('for one and a quarter target durations at most, and not beyond when the player has to be told', async () => {
    const { reload, state } = setUp();
    state.tellBy = 60_000;
    const given = reload(2, 3, 4);
    await pass(1.25 * DURATION - 1);
    expect(given.isGiven).toBe(false);
    await pass(1);
    expect(given.isGiven).toBe(true);
    state.tellBy = Date.now() + 1_500;
    const next = reload(3, 4, 5);
    await pass(1_499);
    expect(next.isGiven).toBe(false);
    await pass(1);
    expect(next.isGiven).toBe(true);
  });

  it('no longer than there is a link, and not when the loader ends', async () => {
    const { reload, state, held } = setUp();
    const given = reload(2, 3, 4);
    state.links = false;
    held.look();
    await pass(0);
    expect(given.isGiven).toBe(true);
    state.links = true;
    const next = reload(3, 4, 5);
    held.releaseAll();
    await pass(0);
    expect(next.isGiven).toBe(true);
  });
});

describe('a reload goes to the player at once', () => {
  it('where it names nothing new', async () => {
    const given = setUp().reload(1, 2, 3);
    await pass(0);
    expect(given.isGiven).toBe(true);
  });

  it.each([
    ['that has ended', { live: false }],
    ['of a rendition that is not played', { requested: undefined }],
  ])('of a playlist %s', (_, changes) => {
    expect(setUp(changes).reload(2, 3, 4).isGiven).toBe(true);
  });

  it('where the numbers begin anew', async () => {
    const given = setUp().reload(0, 1);
    await pass(0);
    expect(given.isGiven).toBe(true);
  });
});
