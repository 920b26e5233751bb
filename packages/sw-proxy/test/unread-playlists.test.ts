import { UNREAD_LIMIT } from '../src/unread-playlists.js';
import { bodyOf, FakeWorker, SEGMENT, settle, someBytes, wholeReply } from './worker-fakes.js';

const BYTES = someBytes(1000);
const PLAYLIST = 'https://cdn.example/x.m3u8';
const KNOWN = 'https://cdn.example/s0.ts';

/** A page with a loader, whose player has just been given a playlist with a new segment. */
async function setUp() {
  const worker = new FakeWorker();
  const page = worker.open();
  page.table([KNOWN]);
  void worker.fetch(PLAYLIST);
  await settle();
  await Promise.all(worker.lifetime);
  const [playlist] = page.heard('playlist') as { id: number }[];
  return { worker, page, id: playlist?.id ?? -1 };
}

describe('a playlist whose segments the page has not named yet', () => {
  it('holds a new URL until the page has named it', async () => {
    const { worker, page, id } = await setUp();
    const response = worker.fetch(SEGMENT);
    await settle();
    expect(worker.fetched).toEqual([PLAYLIST]);
    page.answerWith(wholeReply(BYTES));
    page.say({ type: 'table-update', source: 'loader', revision: 2, added: [SEGMENT], removed: [] });
    page.say({ type: 'playlist-read', id });
    expect(await bodyOf((await response) as Response)).toEqual(BYTES);
    expect(worker.fetched).toEqual([PLAYLIST]);
  });

  it('lets what the page does not name go as soon as the page has read the playlist', async () => {
    const { worker, page, id } = await setUp();
    const response = worker.fetch(SEGMENT);
    page.say({ type: 'playlist-read', id });
    expect(await (await response)?.text()).toBe('from the network');
    expect(worker.clock.time).toBe(0);
    expect(worker.fetch(SEGMENT)).toBeUndefined();
  });

  it('holds no longer than a second, which a busy page may need, and the table stays', async () => {
    expect(UNREAD_LIMIT).toBe(1_000);
    const { worker } = await setUp();
    const response = worker.fetch(SEGMENT);
    await worker.clock.advance(UNREAD_LIMIT - 1);
    expect(worker.fetched).toEqual([PLAYLIST]);
    await worker.clock.advance(1);
    expect(await (await response)?.text()).toBe('from the network');
    expect(worker.fetch(KNOWN)).toBeDefined();
  });

  it('is waited for only a moment, be it never read', async () => {
    const { worker } = await setUp();
    await worker.clock.advance(UNREAD_LIMIT);
    expect(worker.fetch(SEGMENT)).toBeUndefined();
  });

  it('is waited for until the last of several is read', async () => {
    const { worker, page, id } = await setUp();
    void worker.fetch(PLAYLIST);
    await settle();
    const response = worker.fetch(SEGMENT);
    page.say({ type: 'playlist-read', id });
    await settle();
    expect(worker.fetched).toEqual([PLAYLIST, PLAYLIST]);
    page.say({ type: 'playlist-read', id: id + 1 });
    expect(await (await response)?.text()).toBe('from the network');
  });

  it('holds nothing else: known segments, other destinations, other clients', async () => {
    const { worker, page } = await setUp();
    page.answerWith({ type: 'not-mine' });
    expect(await (await worker.fetch(KNOWN))?.text()).toBe('from the network');
    expect(worker.fetch(SEGMENT, { destination: 'script' })).toBeUndefined();
    worker.open('other').table([KNOWN]);
    expect(worker.fetch(SEGMENT, { clientId: 'other' })).toBeUndefined();
  });

  it('holds nothing on a page without a loader', async () => {
    const worker = new FakeWorker();
    const page = worker.open();
    page.table([KNOWN]);
    page.say({ type: 'end', source: 'loader' });
    await worker.fetch(PLAYLIST);
    expect(worker.fetch(SEGMENT)).toBeUndefined();
  });
});
