import { bypassWorker } from '../src/protocol.js';
import { FakeWorker, type FetchOptions, ORIGIN, SEGMENT } from './worker-fakes.js';

const PLAYLIST = 'https://cdn.example/live/index.m3u8?token=1';

function workerWithTable(): FakeWorker {
  const worker = new FakeWorker();
  worker.open().table([SEGMENT, `${ORIGIN}/s2.ts`, 'https://cdn.example/s3.ts?n=1']);
  return worker;
}

describe('what is taken', () => {
  it('takes a GET of a URL in the table of its client, with or without fragment', () => {
    const worker = workerWithTable();
    expect(worker.fetch(SEGMENT)).toBeInstanceOf(Promise);
    expect(worker.fetch(`${SEGMENT}#t=1`)).toBeInstanceOf(Promise);
  });

  it('takes a GET whose path ends in .m3u8, in any case, whatever the query', () => {
    const worker = workerWithTable();
    expect(worker.fetch(PLAYLIST)).toBeInstanceOf(Promise);
    expect(worker.fetch('https://cdn.example/A.M3U8')).toBeInstanceOf(Promise);
    expect(worker.fetch('https://cdn.example/api?file=a.m3u8')).toBeUndefined();
  });

  it.each([
    [SEGMENT, `${SEGMENT}?CMCD=br%3D800%2Cot%3Dv`],
    [`${SEGMENT}?t=1`, `${SEGMENT}?t=1&CMCD=br%3D800`],
    [`${SEGMENT}?t=1&u=2`, `${SEGMENT}?t=1&CMCD=br%3D800&u=2`],
    [`${SEGMENT}?t=a%20b~&u`, `${SEGMENT}?t=a+b%7E&u=&CMCD=br%3D800`],
    [SEGMENT, `${SEGMENT}?token=abc`],
    [`${SEGMENT}?t=1`, `${SEGMENT}?token=abc&t=1`],
    [`${SEGMENT}?t=1&u=2`, `${SEGMENT}?u=2&t=1&t=0`],
  ])(
    'takes %s with what a player puts into its query, asks the page for what it named, and leaves that in requests to the origin',
    async (listed, asked) => {
      const worker = new FakeWorker();
      const page = worker.open();
      page.table([`${SEGMENT}?t=0`, listed]);
      page.answerWith({ type: 'not-mine' });
      await worker.fetch(asked);
      expect(page.heard('segment')).toMatchObject([{ url: listed }]);
      expect(worker.fetched).toEqual([asked]);
    },
  );

  it('tells the page how the player asked: its URL, its credentials and the headers that it set, not those of the browser', async () => {
    const worker = workerWithTable();
    worker.pages.get('page')?.answerWith({ type: 'not-mine' });
    const headers = { Authorization: 'Bearer x', 'X-Own': '1', Accept: '*/*', 'Sec-CH-UA': 'y', 'User-Agent': 'z' };
    await worker.fetch(`${SEGMENT}?token=abc#t=1`, { headers });
    expect(worker.pages.get('page')?.heard('segment')).toMatchObject([
      {
        url: SEGMENT,
        request: {
          url: `${SEGMENT}?token=abc`,
          headers: [
            ['authorization', 'Bearer x'],
            ['x-own', '1'],
          ],
          credentials: 'same-origin',
        },
      },
    ]);
  });

  it('asks for what an element without crossorigin plays as a page does, so that a redirect to another host may answer', async () => {
    const worker = workerWithTable();
    const page = worker.pages.get('page');
    page?.answerWith({ type: 'not-mine' });
    const element = { destination: 'video', credentials: 'include', headers: { Range: 'bytes=0-' } };
    await worker.fetch(`${ORIGIN}/s2.ts`, { ...element, mode: 'no-cors' });
    await worker.fetch(`${ORIGIN}/s2.ts`, { ...element, mode: 'cors' });
    expect(page?.heard('segment')).toMatchObject([
      { request: { credentials: 'same-origin' } },
      { request: { credentials: 'include' } },
    ]);
  });

  it('takes the playlists that options.playlist names: a RegExp on the URL, also with state, or a function', () => {
    const byExpression = new FakeWorker({ playlist: /\/hls\//g });
    byExpression.open().table([SEGMENT]);
    for (let again = 0; again < 3; again++) expect(byExpression.fetch('https://a.example/hls/x')).toBeDefined();
    expect(byExpression.fetch(PLAYLIST)).toBeUndefined();
    const byFunction = new FakeWorker({ playlist: ({ pathname }) => pathname === '/live' });
    byFunction.open().table([SEGMENT]);
    expect(byFunction.fetch('https://a.example/live?x')).toBeDefined();
    expect(byFunction.fetch('https://a.example/lives')).toBeUndefined();
  });

  it('takes same-origin playlists of media elements, which are no-cors', () => {
    const options: FetchOptions = { mode: 'no-cors', destination: 'video', headers: { Range: 'bytes=0-' } };
    expect(workerWithTable().fetch(`${ORIGIN}/live.m3u8`, options)).toBeDefined();
  });
});

describe('what is left alone', () => {
  const untouched: readonly [string, string, FetchOptions][] = [
    ['a URL in no table', 'https://cdn.example/other.ts', {}],
    ['the same path with another query', 'https://cdn.example/s3.ts?n=2', {}],
    ['the same path with another query and CMCD', 'https://cdn.example/s3.ts?n=2&CMCD=br%3D800', {}],
    ['the same path without its query', 'https://cdn.example/s3.ts', {}],
    ['POST', SEGMENT, { method: 'POST' }],
    ['HEAD', SEGMENT, { method: 'HEAD' }],
    ['HEAD of a playlist', PLAYLIST, { method: 'HEAD' }],
    ['a navigation to a segment', SEGMENT, { mode: 'navigate', destination: 'document' }],
    ['a navigation to a playlist', PLAYLIST, { mode: 'navigate', destination: 'document' }],
    ["a segment for another browser's own HLS", SEGMENT, { destination: 'video' }],
    [
      "the rest of a segment for the browser's own HLS",
      SEGMENT,
      { destination: 'video', headers: { Range: 'bytes=5-' } },
    ],
    ["a part of a file for the browser's own HLS", SEGMENT, { destination: 'audio', headers: { Range: 'bytes=0-9' } }],
    ['an opaque request for a segment', SEGMENT, { mode: 'no-cors', destination: 'video' }],
    ['an opaque request for a playlist', PLAYLIST, { mode: 'no-cors', destination: 'video' }],
    ['a request that only the HTTP cache may answer', SEGMENT, { cache: 'only-if-cached' }],
    ['a conditional request', SEGMENT, { headers: { 'If-None-Match': '"x"' } }],
    ['a conditional range', SEGMENT, { headers: { Range: 'bytes=0-1', 'If-Range': '"x"' } }],
    ['several ranges', SEGMENT, { headers: { Range: 'bytes=0-1,4-5' } }],
    ['a malformed range', SEGMENT, { headers: { Range: 'bytes=5-1' } }],
    ['a range in other units', SEGMENT, { headers: { Range: 'seconds=0-1' } }],
    ['a request of no client', SEGMENT, { clientId: '' }],
    ["the loader's own request to the origin", bypassWorker(SEGMENT), {}],
    ['what is not HTTP', 'data:text/plain,x', {}],
  ];

  it.each(untouched)('%s', (_, url, options) => {
    expect(workerWithTable().fetch(url, options)).toBeUndefined();
  });

  it("another tab's segments: each client has its own table", () => {
    const worker = workerWithTable();
    worker.open('other').table(['https://cdn.example/other.ts']);
    expect(worker.fetch(SEGMENT, { clientId: 'other' })).toBeUndefined();
    expect(worker.fetch('https://cdn.example/other.ts', { clientId: 'other' })).toBeDefined();
    expect(worker.fetch('https://cdn.example/other.ts')).toBeUndefined();
  });

  it('a segment that the page has taken out of its table', () => {
    const worker = workerWithTable();
    const page = worker.pages.get('page');
    page?.say({
      type: 'table-update',
      source: 'loader',
      revision: 2,
      added: ['https://a.example/n'],
      removed: [SEGMENT],
    });
    expect(worker.fetch(SEGMENT)).toBeUndefined();
    expect(worker.fetch('https://a.example/n')).toBeDefined();
  });
});

describe('options', () => {
  it.each([
    [{ deadline: 0 }, /"deadline" must be a positive number of ms, not 0/],
    [{ deadline: Number.NaN }, /"deadline"/],
    [{ playlist: 'x' as unknown as RegExp }, /"playlist" must be a RegExp or a function, not x/],
    [{ pacing: 1 as unknown as boolean }, /"pacing" must be true or false, not 1/],
  ])('%j is refused with an error that names it', (options, message) => {
    expect(() => new FakeWorker(options)).toThrow(message);
  });
});
