import { ANSWER_LIMIT, SILENCE_LIMIT } from '../src/await-body.js';
import { type PageReply, post } from '../src/protocol.js';
import { bodyOf, FakeWorker, SEGMENT, settle, someBytes, wholeReply } from './worker-fakes.js';

const BYTES = someBytes(100_000);

function setUp(options = {}) {
  const worker = new FakeWorker(options);
  const page = worker.open();
  page.table([SEGMENT]);
  return { worker, page, clock: worker.clock };
}

/** Runs the clock until the response is here. */
async function after(ms: number, worker: FakeWorker, response: Promise<Response> | undefined): Promise<Response> {
  await worker.clock.advance(ms);
  return response as Promise<Response>;
}

describe('a segment that the page has', () => {
  it("is answered with the page's bytes, the origin's Content-Type and the right Content-Length", async () => {
    const { worker, page } = setUp();
    page.answerWith({ type: 'mine' }, wholeReply(BYTES));
    const response = (await worker.fetch(SEGMENT)) as Response;
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('video/MP2T');
    expect(response.headers.get('Content-Length')).toBe('100000');
    expect(await bodyOf(response)).toEqual(BYTES);
    expect(worker.fetched).toEqual([]);
  });

  it('has a Content-Type by its extension when no origin told one', async () => {
    const { worker, page } = setUp();
    const head = { offset: 0, length: 1, total: 1 };
    page.answerWith({ type: 'bytes', head, bytes: new ArrayBuffer(1), transferMs: 0 });
    expect((await worker.fetch(SEGMENT))?.headers.get('Content-Type')).toBe('video/mp2t');
  });

  it('is asked of the loader that named it', async () => {
    const { worker, page } = setUp();
    page.table(['https://cdn.example/b.ts'], 1, 'second');
    page.answerWith({ type: 'not-mine' });
    await worker.fetch('https://cdn.example/b.ts');
    expect(page.heard('segment')).toMatchObject([{ source: 'second', url: 'https://cdn.example/b.ts' }]);
  });

  it('may be pulled in chunks, one at a time', async () => {
    const { worker, page } = setUp();
    const head = { offset: 0, length: BYTES.length, total: BYTES.length };
    let pulls = 0;
    page.onMessage = (message, port) => {
      if (message.type !== 'segment' || !port) return;
      port.onmessage = ({ data }) => {
        if (data.type !== 'pull') return;
        const bytes = BYTES.slice(pulls * 40_000, ++pulls * 40_000).buffer;
        port.postMessage(post<PageReply>({ type: 'chunk', bytes }));
      };
      port.postMessage(post<PageReply>({ type: 'stream', head, transferMs: 0 }));
    };
    const response = (await worker.fetch(SEGMENT)) as Response;
    await settle();
    // What nobody reads is not asked for, beyond the one chunk that a stream keeps ready.
    expect(pulls).toBe(1);
    expect(await bodyOf(response)).toEqual(BYTES);
    expect(pulls).toBe(3);
  });

  it('gives what is here of it, and waits for the rest while the page is alive', async () => {
    const { worker, page, clock } = setUp();
    const head = { offset: 0, length: BYTES.length, total: BYTES.length };
    const say = (reply: PageReply): void => page.ports[0]?.postMessage(post(reply));
    const chunk = (from: number, to?: number): void => say({ type: 'chunk', bytes: BYTES.slice(from, to).buffer });
    page.answerWith({ type: 'mine' }, { type: 'stream', head, transferMs: 0 });
    const response = (await worker.fetch(SEGMENT)) as Response;
    expect(response.headers.get('Content-Length')).toBe('100000');
    const body = bodyOf(response);
    chunk(0, 40_000);
    for (const loaded of [50_000, 60_000]) {
      await clock.advance(SILENCE_LIMIT - 1);
      say({ type: 'alive', loaded });
    }
    await settle();
    chunk(40_000);
    expect(await body).toEqual(BYTES);
    expect(worker.fetched).toEqual([]);
  });
});

describe("a media element's request, the browser's own HLS", () => {
  const element = { destination: 'video', headers: { Range: 'bytes=0-' } };
  const head = { offset: 0, length: BYTES.length, total: BYTES.length };
  const blob: PageReply = { type: 'blob', head, url: 'blob:https://site.example/1', transferMs: 0 };

  it("is answered with the Response to a fetch of the page's blob, which has a URL", async () => {
    const { worker, page } = setUp();
    const answer = new Response(BYTES, { status: 206 });
    const ranges: (string | null)[] = [];
    worker.network = async (request) => {
      ranges.push(request.headers.get('Range'));
      return answer;
    };
    page.answerWith({ type: 'mine' }, { type: 'alive', loaded: 5 }, blob);
    expect(await worker.fetch(SEGMENT, element)).toBe(answer);
    expect([worker.fetched, ranges]).toEqual([[blob.url], ['bytes=0-']]);
    expect(page.heard('segment')).toEqual([expect.objectContaining({ url: SEGMENT, blob: true })]);
    expect(page.heard('segment')[0]).not.toHaveProperty('range');
  });

  it('is not answered before the real transfer would have ended', async () => {
    const { worker, page } = setUp();
    page.answerWith({ ...blob, transferMs: 600 });
    const response = worker.fetch(SEGMENT, element);
    await worker.clock.advance(599);
    expect(worker.fetched).toEqual([]);
    await after(1, worker, response);
    expect(worker.fetched).toEqual([blob.url]);
  });

  it.each<[string, PageReply]>([
    ['that it may not fetch', blob],
    ['of another length', { ...blob, head: { ...head, length: 5 } }],
    ['in another form, as an older page gives it', wholeReply(BYTES)],
  ])('goes to the network for an answer %s', async (_, reply) => {
    const { worker, page } = setUp();
    worker.network = async ({ url }) => {
      if (url.startsWith('blob:')) throw new TypeError('Failed to fetch');
      return new Response('from the network');
    };
    page.answerWith(reply);
    expect(await (await worker.fetch(SEGMENT, element))?.text()).toBe('from the network');
    expect(worker.fetched.at(-1)).toBe(SEGMENT);
  });
});

describe('a Range request', () => {
  const part = (offset: number, length: number, total?: number): PageReply => ({
    type: 'bytes',
    head: { offset, length, ...(total !== undefined && { total }) },
    bytes: BYTES.slice(offset, offset + length).buffer,
    transferMs: 0,
  });

  it.each([
    ['bytes=10-19', { first: 10, last: 19 }, part(10, 10, 100_000), 'bytes 10-19/100000'],
    ['bytes=10-19', { first: 10, last: 19 }, part(10, 10), 'bytes 10-19/*'],
    ['bytes=99990-', { first: 99_990 }, part(99_990, 10, 100_000), 'bytes 99990-99999/100000'],
    ['bytes=-10', { first: -10 }, part(99_990, 10, 100_000), 'bytes 99990-99999/100000'],
    ['bytes=99990-200000', { first: 99_990, last: 200_000 }, part(99_990, 10, 100_000), 'bytes 99990-99999/100000'],
  ])('%s is answered with 206 and %s', async (field, asked, reply, contentRange) => {
    const { worker, page } = setUp();
    page.answerWith(reply);
    const response = (await worker.fetch(SEGMENT, { headers: { Range: field } })) as Response;
    expect(page.heard('segment')).toMatchObject([{ range: asked }]);
    expect(response.status).toBe(206);
    expect(response.headers.get('Content-Range')).toBe(contentRange);
    expect(response.headers.get('Content-Length')).toBe('10');
    expect((await bodyOf(response)).length).toBe(10);
  });

  it.each([
    ['another range than the one asked for', 'bytes=10-19', part(11, 10, 100_000)],
    ['less than asked for', 'bytes=10-19', part(10, 5, 100_000)],
    ['a part when the whole is asked for', undefined, part(0, 10, 100_000)],
  ])('is left to the network when the page gives %s', async (_, field, reply) => {
    const { worker, page } = setUp();
    page.answerWith(reply);
    const response = await worker.fetch(SEGMENT, field === undefined ? {} : { headers: { Range: field } });
    expect(await response?.text()).toBe('from the network');
  });
});

describe('the network answers', () => {
  const expectNetwork = async (response: Promise<Response>): Promise<void> =>
    expect(await (await response).text()).toBe('from the network');

  it.each<[string, PageReply[]]>([
    ['the page says "not mine"', [{ type: 'not-mine' }]],
    ['the page has an error', [{ type: 'mine' }, { type: 'error', message: 'no' }]],
    ['the page says what is unknown', [{ type: 'mine' }, { type: 'later-version' } as unknown as PageReply]],
  ])('at once when %s', async (_, replies) => {
    const { worker, page } = setUp();
    page.answerWith(...replies);
    await expectNetwork(worker.fetch(SEGMENT) as Promise<Response>);
    expect(worker.clock.time).toBe(0);
  });

  it('when the client is gone, whose table is then dropped', async () => {
    const { worker } = setUp();
    worker.pages.clear();
    await expectNetwork(worker.fetch(SEGMENT) as Promise<Response>);
    worker.open();
    expect(worker.fetch(SEGMENT, { destination: 'script' })).toBeUndefined();
  });

  it('when nobody answers; the next requests do not wait, until the page speaks again', async () => {
    const { worker, page } = setUp();
    const first = worker.fetch(SEGMENT);
    await expectNetwork(after(ANSWER_LIMIT, worker, first));
    expect(worker.fetch(SEGMENT)).toBeUndefined();
    expect(page.heard('table-request').length).toBe(1);
    page.table([SEGMENT], 2);
    expect(worker.fetch(SEGMENT)).toBeDefined();
  });

  it('when a page that has taken the request vanishes', async () => {
    const { worker, page, clock } = setUp();
    page.answerWith({ type: 'mine' }, { type: 'alive', loaded: 0 });
    const response = worker.fetch(SEGMENT);
    await clock.advance(SILENCE_LIMIT - 1);
    expect(worker.fetched).toEqual([]);
    await expectNetwork(after(1, worker, response));
  });

  it('when the deadline passes without bytes, however alive the page is; and the page is told', async () => {
    const { worker, page, clock } = setUp({ deadline: 3000 });
    const said: string[] = [];
    page.onMessage = (_, port) => {
      if (!port) return;
      port.onmessage = ({ data }) => said.push(data.type);
      port.postMessage(post<PageReply>({ type: 'mine' }));
    };
    const response = worker.fetch(SEGMENT);
    for (let second = 1; second <= 2; second++) {
      await clock.advance(1000);
      page.ports[0]?.postMessage(post<PageReply>({ type: 'alive', loaded: 0 }));
    }
    expect(worker.fetched).toEqual([]);
    await expectNetwork(after(1000, worker, response));
    await settle();
    expect(said).toEqual(['cancel']);
  });

  it('later while bytes keep coming, but after four deadlines in any case', async () => {
    const { worker, page, clock } = setUp({ deadline: 1000 });
    page.answerWith({ type: 'mine' });
    const response = worker.fetch(SEGMENT);
    for (let step = 1; step <= 7; step++) {
      await clock.advance(500);
      page.ports[0]?.postMessage(post<PageReply>({ type: 'alive', loaded: step * 100 }));
    }
    await settle();
    expect(worker.fetched).toEqual([]);
    await expectNetwork(after(500, worker, response));
  });
});

describe('a page that breaks off in the middle', () => {
  const head = { offset: 0, length: BYTES.length, total: BYTES.length };

  async function brokenAfterFirstChunk(worker: FakeWorker, page: ReturnType<FakeWorker['open']>, last: PageReply) {
    let pulls = 0;
    page.onMessage = (message, port) => {
      if (message.type !== 'segment' || !port) return;
      port.onmessage = ({ data }) => {
        if (data.type !== 'pull') return;
        pulls += 1;
        port.postMessage(post(pulls === 1 ? { type: 'chunk', bytes: BYTES.slice(0, 30_000).buffer } : last));
      };
      port.postMessage(post<PageReply>({ type: 'stream', head, transferMs: 0 }));
    };
    return (await worker.fetch(SEGMENT)) as Response;
  }

  it.each<[string, PageReply]>([
    ['an error', { type: 'error', message: 'gone' }],
    ['more bytes than it promised', { type: 'chunk', bytes: new ArrayBuffer(80_000) }],
  ])('with %s is followed by the rest from the network', async (_, last) => {
    const { worker, page } = setUp();
    worker.network = async () => new Response(BYTES);
    expect(await bodyOf(await brokenAfterFirstChunk(worker, page, last))).toEqual(BYTES);
    expect(worker.fetched).toEqual([SEGMENT]);
  });

  it('by silence is followed by the rest from the network', async () => {
    const { worker, page, clock } = setUp();
    worker.network = async () => new Response(BYTES);
    const response = await brokenAfterFirstChunk(worker, page, { type: 'mine' });
    page.onMessage = () => {};
    const body = bodyOf(response);
    await clock.advance(SILENCE_LIMIT);
    expect(await body).toEqual(BYTES);
  });

  it('after the headers is followed by the whole from the network', async () => {
    const { worker, page } = setUp();
    worker.network = async () => new Response(BYTES);
    page.answerWith({ type: 'stream', head, transferMs: 0 }, { type: 'error', message: 'gone' });
    expect(await bodyOf((await worker.fetch(SEGMENT)) as Response)).toEqual(BYTES);
  });

  it('by giving no bytes until the deadline, however alive, is followed by the rest from the network', async () => {
    const { worker, page, clock } = setUp({ deadline: 3000 });
    worker.network = async () => new Response(BYTES);
    const response = await brokenAfterFirstChunk(worker, page, { type: 'alive', loaded: 30_000 });
    const body = bodyOf(response);
    for (let second = 1; second <= 3; second++) {
      expect(worker.fetched).toEqual([]);
      page.ports[0]?.postMessage(post<PageReply>({ type: 'alive', loaded: 30_000 }));
      await clock.advance(1000);
    }
    expect(await body).toEqual(BYTES);
  });

  it.each([
    ['fails', async () => new Response('', { status: 404 })],
    ['has another length', async () => new Response(BYTES.slice(1))],
    ['has a longer copy', async () => new Response(someBytes(100_001))],
  ])('breaks the body, like a dropped connection, when the network %s', async (_, network) => {
    const { worker, page } = setUp();
    worker.network = network;
    const response = await brokenAfterFirstChunk(worker, page, { type: 'error', message: 'gone' });
    await expect(bodyOf(response)).rejects.toThrow(`${SEGMENT} broke off`);
  });
});

describe('a range that the page breaks off', () => {
  const range = { Range: 'bytes=1000-60999' };
  const part = BYTES.slice(1000, 61_000);
  const head = { offset: 1000, length: 60_000, total: 100_000 };
  const broken = async (network: FakeWorker['network']): Promise<Uint8Array> => {
    const { worker, page } = setUp();
    worker.network = network;
    page.answerWith({ type: 'stream', head, transferMs: 0 }, { type: 'error', message: 'gone' });
    return bodyOf((await worker.fetch(SEGMENT, { headers: range })) as Response);
  };
  const answer =
    (bytes: Uint8Array<ArrayBuffer>, field?: string, status = 206) =>
    async () =>
      new Response(bytes, { status, headers: field === undefined ? {} : { 'Content-Range': field } });

  it.each([['bytes 1000-60999/100000'], ['bytes 1000-60999/*'], [undefined]])(
    'is followed by the rest of it from the network, whose Content-Range is %s',
    async (field) => expect(await broken(answer(part, field))).toEqual(part),
  );

  it.each([
    ['another range of that length', answer(part, 'bytes 0-59999/100000')],
    ['the whole', answer(BYTES, undefined, 200)],
    ['a whole of that length', answer(part, undefined, 200)],
  ])('breaks, like a dropped connection, when the network gives %s', async (_, network) => {
    await expect(broken(network)).rejects.toThrow('broke off');
  });
});

describe('a player that gives up', () => {
  const cancelHeard = (page: ReturnType<FakeWorker['open']>): Promise<string> =>
    new Promise((resolve) => {
      page.onMessage = (message, port) => {
        if (message.type !== 'segment' || !port) return;
        port.onmessage = ({ data }) => data.type !== 'pull' && resolve(data.type);
        port.postMessage(post<PageReply>({ type: 'stream', head: { offset: 0, length: 9, total: 9 }, transferMs: 0 }));
      };
    });

  it('by cancelling the body makes the page cancel', async () => {
    const { worker, page } = setUp();
    const heard = cancelHeard(page);
    const response = await worker.fetch(SEGMENT);
    await response?.body?.cancel();
    expect(await heard).toBe('cancel');
    expect(worker.fetched).toEqual([]);
  });

  it('by aborting its request makes the page cancel', async () => {
    const { worker, page } = setUp();
    const heard = cancelHeard(page);
    const abort = new AbortController();
    await worker.fetch(SEGMENT, { signal: abort.signal });
    abort.abort();
    expect(await heard).toBe('cancel');
  });
});
