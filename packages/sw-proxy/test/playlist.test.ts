import { PLAYLIST_LIMIT } from '../src/protocol.js';
import { FakeWorker, settle } from './worker-fakes.js';

const URL_ASKED = 'https://cdn.example/live/index.m3u8?token=1#x';
const TEXT = '#EXTM3U\n#EXTINF:2,\ns1.ts\n';

function playlistResponse(body: BodyInit = TEXT, init: ResponseInit = {}, url = ''): Response {
  const response = new Response(body, init);
  Object.defineProperty(response, 'url', { value: url });
  return response;
}

describe('a playlist', () => {
  it('is the very Response of the network, and the page gets its text with the URL after redirects', async () => {
    const worker = new FakeWorker();
    const page = worker.open();
    const response = playlistResponse(TEXT, { headers: { 'X-Own': '1' } }, 'https://edge.example/live/index.m3u8');
    worker.network = async () => response;
    expect(await worker.fetch(URL_ASKED)).toBe(response);
    expect(await response.text()).toBe(TEXT);
    await Promise.all(worker.lifetime);
    expect(page.heard('playlist')).toMatchObject([{ url: 'https://edge.example/live/index.m3u8', text: TEXT }]);
  });

  it('goes to the page with the URL asked for when the Response has none', async () => {
    const worker = new FakeWorker();
    const page = worker.open();
    worker.network = async () => playlistResponse();
    await worker.fetch(URL_ASKED);
    await Promise.all(worker.lifetime);
    expect(page.heard('playlist')).toMatchObject([{ url: 'https://cdn.example/live/index.m3u8?token=1' }]);
  });

  it('is given to the player before its body is here', async () => {
    const worker = new FakeWorker();
    const page = worker.open();
    worker.network = async () => playlistResponse(new ReadableStream());
    expect((await worker.fetch(URL_ASKED))?.status).toBe(200);
    expect(page.received).toEqual([]);
  });

  it('goes only to the page that asked', async () => {
    const worker = new FakeWorker();
    const [page, other] = [worker.open(), worker.open('other')];
    await worker.fetch(URL_ASKED, { clientId: 'other' });
    await Promise.all(worker.lifetime);
    expect([page.received.length, other.received.length]).toEqual([0, 1]);
  });

  it.each([404, 206, 304])('with status %i is passed on and not told', async (status) => {
    const worker = new FakeWorker();
    const page = worker.open();
    worker.network = async () => new Response(status === 304 ? null : TEXT, { status });
    expect((await worker.fetch(URL_ASKED))?.status).toBe(status);
    await settle();
    expect(page.received).toEqual([]);
  });

  it.each([
    ['bytes 0-26/27', 1],
    ['bytes 0-26/28', 0],
    ['bytes 1-26/27', 0],
    ['bytes 0-26/*', 0],
  ])('of which a 206 has %s is told %i times', async (contentRange, times) => {
    const worker = new FakeWorker();
    const page = worker.open();
    worker.network = async () => new Response(TEXT, { status: 206, headers: { 'Content-Range': contentRange } });
    expect((await worker.fetch(URL_ASKED, { headers: { Range: 'bytes=0-' } }))?.status).toBe(206);
    await Promise.all(worker.lifetime);
    expect(page.heard('playlist')).toHaveLength(times);
  });

  it('that is too long to be one is passed on whole and not told', async () => {
    const worker = new FakeWorker();
    const page = worker.open();
    const length = PLAYLIST_LIMIT + 1;
    worker.network = async () => new Response(new Uint8Array(length));
    const response = await worker.fetch(URL_ASKED);
    expect((await response?.arrayBuffer())?.byteLength).toBe(length);
    await Promise.all(worker.lifetime);
    expect(page.received).toEqual([]);
  });

  it('that the network does not give fails as it would without the worker', async () => {
    const worker = new FakeWorker();
    worker.open();
    worker.network = () => Promise.reject(new TypeError('Failed to fetch'));
    await expect(worker.fetch(URL_ASKED)).rejects.toThrow('Failed to fetch');
  });

  it('of a client that is gone is no error', async () => {
    const worker = new FakeWorker();
    expect(await (await worker.fetch(URL_ASKED))?.text()).toBe('from the network');
    await Promise.all(worker.lifetime);
  });
});
