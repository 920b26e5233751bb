import { HELD_LIMIT, UNREAD_LIMIT } from '../src/unread-playlists.js';
import { FakeWorker, settle } from './worker-fakes.js';

const PLAYLIST = 'https://cdn.example/x.m3u8';

/** A page with a loader that has named these segments, whose player asks for a playlist. */
async function setUp(urls: readonly string[] = ['https://cdn.example/s0.ts']) {
  const worker = new FakeWorker();
  const page = worker.open();
  page.table(urls);
  let given = false;
  const response = worker.fetch(PLAYLIST)?.then((answer) => {
    given = true;
    return answer;
  });
  await settle();
  const [playlist] = page.heard('playlist') as { id: number }[];
  return { worker, page, response, id: playlist?.id ?? -1, isGiven: () => given };
}

describe('a reload of a page whose loader names segments', () => {
  it('goes to the player when the page has read it', async () => {
    const { page, id, isGiven } = await setUp();
    expect(isGiven()).toBe(false);
    page.say({ type: 'playlist-read', id });
    await settle();
    expect(isGiven()).toBe(true);
  });

  it('is kept from the player until the page says that it is due, and is the very one', async () => {
    const { worker, page, id, isGiven, response } = await setUp();
    page.say({ type: 'playlist-read', id, held: true });
    page.say({ type: 'playlist-due', id: id + 1 });
    await worker.clock.advance(UNREAD_LIMIT);
    expect(isGiven()).toBe(false);
    page.say({ type: 'playlist-due', id });
    await settle();
    expect(isGiven()).toBe(true);
    expect(await (await response)?.text()).toBe('from the network');
  });

  it('holds no segment request meanwhile', async () => {
    const { worker, page, id } = await setUp();
    page.say({ type: 'playlist-read', id, held: true });
    expect(worker.fetch('https://cdn.example/other.ts')).toBeUndefined();
  });

  it('waits for no page that keeps silent: a second unread, some seconds held', async () => {
    const silent = await setUp();
    await silent.worker.clock.advance(UNREAD_LIMIT);
    expect(silent.isGiven()).toBe(true);
    const { worker, page, id, isGiven } = await setUp();
    page.say({ type: 'playlist-read', id, held: true });
    await worker.clock.advance(HELD_LIMIT - 1);
    expect(isGiven()).toBe(false);
    await worker.clock.advance(1);
    expect(isGiven()).toBe(true);
  });
});

it('the first playlist, before any segment is named, goes to the player at once', async () => {
  const { isGiven, page } = await setUp([]);
  expect(page.heard('playlist')).toHaveLength(1);
  expect(isGiven()).toBe(true);
});
