import { jest } from '@jest/globals';
import {
  isPageReply,
  type PageReply,
  type PlayerRequest,
  post,
  TABLE_LIMIT,
  type WorkerMessage,
} from '@live-torrent/sw-proxy/protocol';
import { ANSWER_COUNT_LIMIT, connectWorker } from '../src/worker/connect-worker.js';
import type { WorkerContainer, WorkerMessageEvent } from '../src/worker/container.js';
import { BLOB_LIFE_MS, CHUNK_LENGTH, WHOLE_LIMIT } from '../src/worker/segment-answer.js';
import { FakeSource, kept, segment, settle, someBytes } from './fake-source.js';

const A = 'https://cdn.example/a.ts';
const B = 'https://cdn.example/b.ts';
const BYTES = someBytes(1000);

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

type SegmentMessage = Extract<WorkerMessage, { type: 'segment' }>;

/** `navigator.serviceWorker` with a worker that records. */
class FakeContainer implements WorkerContainer {
  controller: { postMessage(message: unknown): void } | null = null;
  started = false;
  readonly listeners = {
    message: new Set<(event: WorkerMessageEvent) => void>(),
    controllerchange: new Set<() => void>(),
  };

  startMessages(): void {
    this.started = true;
  }

  addEventListener(type: 'message' | 'controllerchange', listener: (event: never) => void): void {
    (this.listeners[type] as Set<unknown>).add(listener);
  }

  removeEventListener(type: 'message' | 'controllerchange', listener: (event: never) => void): void {
    (this.listeners[type] as Set<unknown>).delete(listener);
  }

  /** Another worker takes control. */
  control(): unknown[] {
    const received: unknown[] = [];
    this.controller = { postMessage: (message) => received.push(structuredClone(message)) };
    for (const listener of this.listeners.controllerchange) listener();
    return received;
  }

  deliver(data: unknown, port?: MessagePort, source: object | null = null): void {
    for (const listener of this.listeners.message) listener({ data, ports: port ? [port] : [], source });
  }

  /** Sends a segment request; the replies are collected. */
  ask(
    message: Omit<SegmentMessage, 'type' | 'source' | 'request'>,
    source = 'loader',
    asked: Partial<PlayerRequest> = {},
  ) {
    const { port1, port2 } = new MessageChannel();
    ports.push(port1, port2);
    const replies: PageReply[] = [];
    port1.onmessage = ({ data }) => {
      if (!isPageReply(data)) throw new Error(`the page sent what its own guards reject: ${JSON.stringify(data)}`);
      replies.push(data);
    };
    this.deliver(
      post<WorkerMessage>({
        type: 'segment',
        source,
        request: { url: message.url, headers: [], credentials: 'same-origin', ...asked },
        ...message,
      }),
      port2,
    );
    return { port: port1, replies };
  }
}

function setUp(source = new FakeSource()) {
  const container = new FakeContainer();
  const beats: (() => void)[] = [];
  const every = (task: () => void) => {
    beats.push(task);
    return () => void beats.splice(beats.indexOf(task), 1);
  };
  const connection = connectWorker(source, container, { name: 'loader', every });
  return { source, container, beats, connection };
}

describe('the table', () => {
  it('goes whole to each worker that takes control', async () => {
    const { container } = setUp(new FakeSource().add(A, segment(BYTES)));
    expect(container.started).toBe(true);
    expect(container.control()).toMatchObject([{ type: 'table', source: 'loader', urls: [A] }]);
    expect(container.control()).toMatchObject([{ type: 'table', source: 'loader', urls: [A] }]);
  });

  it('is followed by one message for all changes of one moment, numbered without a gap', async () => {
    const { container, source } = setUp(new FakeSource().add(A, segment(BYTES)));
    const received = container.control();
    source.add(B, segment(BYTES));
    source.add('https://cdn.example/c.ts', segment(BYTES));
    source.remove(A);
    await settle();
    const [whole, update] = received as { revision: number }[];
    expect(received.length).toBe(2);
    expect(update).toMatchObject({ type: 'table-update', added: [B, 'https://cdn.example/c.ts'], removed: [A] });
    expect(update?.revision).toBe((whole?.revision ?? 0) + 1);
  });

  it('is not sent again when nothing changed', async () => {
    const { container, source } = setUp(new FakeSource().add(A, segment(BYTES)));
    const received = container.control();
    source.add(A, segment(BYTES));
    await settle();
    expect(received.length).toBe(1);
  });

  it('goes to the worker that asks, be it not the controller', () => {
    const { container } = setUp(new FakeSource().add(A, segment(BYTES)));
    const toController = container.control();
    const received: unknown[] = [];
    container.deliver(post({ type: 'table-request' }), undefined, { postMessage: (m: unknown) => received.push(m) });
    expect(received).toMatchObject([{ type: 'table', urls: [A] }]);
    expect(toController.length).toBe(1);
  });

  it('is sent to nobody without a controller', async () => {
    const { container, source } = setUp();
    source.add(A, segment(BYTES));
    await settle();
    expect(container.control()).toMatchObject([{ type: 'table', urls: [A] }]);
  });

  it('has the last TABLE_LIMIT URLs when there are more', () => {
    const source = new FakeSource();
    for (let n = 0; n <= TABLE_LIMIT; n++) source.add(`${A}?${n}`, segment(BYTES));
    const [table] = setUp(source).container.control() as { urls: string[] }[];
    expect(table?.urls.length).toBe(TABLE_LIMIT);
    expect(table?.urls.at(-1)).toBe(`${A}?${TABLE_LIMIT}`);
  });
});

describe('messages', () => {
  it('with a playlist go to the source; it is read when its segments have been named', async () => {
    const { container, source } = setUp();
    const received = container.control();
    source.playlist = (...playlist) => {
      source.playlists.push(playlist);
      source.add(A, segment(BYTES));
      return true;
    };
    container.deliver(
      post({
        type: 'playlist',
        id: 5,
        url: 'https://a.example/x.m3u8',
        requested: 'https://a.example/y.m3u8',
        text: '#EXTM3U',
      }),
    );
    await settle();
    expect(source.playlists).toEqual([['https://a.example/x.m3u8', '#EXTM3U', 'https://a.example/y.m3u8']]);
    expect(received).toMatchObject([
      { type: 'table', urls: [] },
      { type: 'table-update', added: [A] },
      { type: 'playlist-read', id: 5 },
    ]);
  });

  it.each([null, 'x', { type: 'table-request' }, { ...post({ type: 'table-request' }), v: 1 }, post({ type: 'x' })])(
    '%j is ignored',
    (data) => {
      const { container, source } = setUp(new FakeSource().add(A, segment(BYTES)));
      const received = container.control();
      container.deliver(data);
      expect(received.length).toBe(1);
      expect(source.asked).toEqual([]);
    },
  );

  it('for another loader of the page are left to it', async () => {
    const { container } = setUp(new FakeSource().add(A, segment(BYTES)));
    const { replies } = container.ask({ url: A }, 'other');
    await settle();
    expect(replies).toEqual([]);
  });
});

describe('a segment request', () => {
  it('is answered with a copy: the bytes of the cache stay', async () => {
    const bytes = BYTES.slice();
    const { container } = setUp(new FakeSource().add(A, segment(bytes)));
    const { replies } = container.ask({ url: A });
    await settle();
    expect(replies.map(({ type }) => type)).toEqual(['mine', 'bytes']);
    const body = replies[1] as Extract<PageReply, { type: 'bytes' }>;
    expect(new Uint8Array(body.bytes)).toEqual(BYTES);
    expect(body).toMatchObject({
      head: { offset: 0, length: 1000, total: 1000, contentType: 'video/MP2T' },
      transferMs: 400,
    });
    expect(bytes).toEqual(BYTES);
  });

  it('for what is not in the source is answered "not mine"', async () => {
    const { replies } = setUp().container.ask({ url: A });
    await settle();
    expect(replies).toMatchObject([{ type: 'not-mine' }]);
  });

  it('that fails is answered with an error', async () => {
    const { replies } = setUp(new FakeSource().add(A, Promise.reject(new Error('404')))).container.ask({ url: A });
    await settle();
    expect(replies).toMatchObject([{ type: 'mine' }, { type: 'error', message: 'Error: 404' }]);
  });

  it('that waits says that it is alive, with the bytes so far', async () => {
    const { container, source, beats } = setUp(new FakeSource().add(A, new Promise(() => {})));
    const { replies } = container.ask({ url: A });
    beats[0]?.();
    source.asked[0]?.options.onProgress?.({
      loaded: 10,
      total: 1000,
      timing: {},
      bodyMs: 9,
      prefix: kept(BYTES.subarray(0, 10)),
      verified: true,
    });
    beats[0]?.();
    await settle();
    expect(replies).toMatchObject([{ type: 'mine' }, { type: 'alive', loaded: 0 }, { type: 'alive', loaded: 10 }]);
  });

  it('stops its heartbeat when it is answered', async () => {
    const { container, beats } = setUp(new FakeSource().add(A, segment(BYTES)));
    container.ask({ url: A });
    expect(beats.length).toBe(1);
    await settle();
    expect(beats.length).toBe(0);
  });

  it('that is cancelled aborts the request to the source, and says nothing more', async () => {
    let finish: (segment_: ReturnType<typeof segment>) => void = () => {};
    const pending = new Promise<ReturnType<typeof segment>>((resolve) => {
      finish = resolve;
    });
    const { container, source, beats } = setUp(new FakeSource().add(A, pending));
    const { port, replies } = container.ask({ url: A });
    port.postMessage(post({ type: 'cancel' }));
    await settle();
    expect(source.asked[0]?.options.signal?.aborted).toBe(true);
    expect(beats.length).toBe(0);
    finish(segment(BYTES));
    await settle();
    expect(replies.map(({ type }) => type)).toEqual(['mine']);
  });

  it('begins when its bytes flow, once the Content-Type of such segments is known, and goes on as they come', async () => {
    let finish: (whole: ReturnType<typeof segment>) => void = () => {};
    const pending = new Promise<ReturnType<typeof segment>>((resolve) => {
      finish = resolve;
    });
    const { container, source } = setUp(new FakeSource().add(A, segment(BYTES)).add(B, pending));
    const prefix = kept(BYTES.subarray(0, 125));
    const progress = { loaded: 250, total: 1000, timing: {}, bodyMs: 12, prefix, verified: true };
    const early = container.ask({ url: B });
    source.asked[0]?.options.onProgress?.(progress);
    await settle();
    expect(early.replies.map(({ type }) => type)).toEqual(['mine']);
    container.ask({ url: A });
    await settle();
    const { port, replies } = container.ask({ url: B });
    const show = (changes: Partial<typeof progress> | { bodyMs: undefined }): void =>
      source.asked[2]?.options.onProgress?.({ ...progress, ...changes });
    show({ bodyMs: undefined });
    show({ loaded: 249 });
    show({ prefix: kept(BYTES.subarray(0, 124)) });
    await settle();
    expect(replies.map(({ type }) => type)).toEqual(['mine']);
    show({});
    await settle();
    expect(replies.slice(1)).toMatchObject([
      { type: 'stream', head: { length: 1000, contentType: 'video/MP2T' }, transferMs: 12 },
    ]);
    const chunks = () => replies.slice(2).map((reply) => (reply as Extract<PageReply, { type: 'chunk' }>).bytes);
    port.postMessage(post({ type: 'pull' }));
    await settle();
    expect(chunks().map(({ byteLength }) => byteLength)).toEqual([125]);
    port.postMessage(post({ type: 'pull' }));
    await settle();
    show({ prefix: kept(BYTES.subarray(0, 145)) });
    await settle();
    expect(chunks().map(({ byteLength }) => byteLength)).toEqual([125, 20]);
    finish(segment(BYTES));
    port.postMessage(post({ type: 'pull' }));
    await settle();
    expect(Buffer.concat(chunks().map((bytes) => new Uint8Array(bytes)))).toEqual(Buffer.from(BYTES));
  });

  it('begins with the Content-Type that the origin tells while it still sends', async () => {
    const { container, source } = setUp(new FakeSource().add(A, new Promise<never>(() => {})));
    const { replies } = container.ask({ url: A });
    await settle();
    const prefix = kept(BYTES.subarray(0, 125));
    const progress = { loaded: 250, total: 1000, timing: {}, bodyMs: 12, prefix, verified: true };
    source.asked[0]?.options.onProgress?.({ ...progress, contentType: 'video/mp4' });
    await settle();
    expect(replies[1]).toMatchObject({ type: 'stream', head: { contentType: 'video/mp4' } });
  });

  it.each([
    ['as the segment is', BYTES, 'chunk'],
    ['not as the segment is: the network has to give all of one', BYTES.map((byte) => byte ^ 1), 'error'],
  ])(
    'begins with the first bytes that the origin sends before any can be verified, and ends where these are %s',
    async (_case, sent, ends) => {
      let finish: (whole: ReturnType<typeof segment>) => void = () => {};
      const pending = new Promise<ReturnType<typeof segment>>((resolve) => {
        finish = resolve;
      });
      const { container, source } = setUp(new FakeSource().add(A, pending));
      const { port, replies } = container.ask({ url: A });
      const prefix = kept(sent.subarray(0, 20));
      const progress = { loaded: 20, total: 1000, timing: {}, bodyMs: 0, prefix, verified: false };
      source.asked[0]?.options.onProgress?.({ ...progress, contentType: 'video/mp4' });
      port.postMessage(post({ type: 'pull' }));
      await settle();
      expect(replies.slice(1)).toMatchObject([{ type: 'stream' }, { type: 'chunk' }]);
      finish(segment(BYTES));
      port.postMessage(post({ type: 'pull' }));
      await settle();
      expect(replies.at(-1)).toMatchObject({ type: ends });
    },
  );

  it('has the Content-Type that an origin told for its kind when its own bytes came from viewers', async () => {
    const { container } = setUp(
      new FakeSource().add(A, segment(BYTES)).add(B, segment(BYTES, { contentType: undefined })),
    );
    container.ask({ url: A });
    await settle();
    const { replies } = container.ask({ url: B });
    await settle();
    expect(replies[1]).toMatchObject({ head: { contentType: 'video/MP2T' } });
  });

  it("of a media element is answered with a blob's URL, which is taken back after a while", async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'nextTick'] });
    try {
      const { container } = setUp(new FakeSource().add(A, { ...segment(BYTES), contentType: 'video/mp2t' }));
      const { replies } = container.ask({ url: A, blob: true });
      await settle();
      const head = { offset: 0, length: 1000, total: 1000, contentType: 'video/mp2t' };
      expect(replies).toEqual([
        expect.objectContaining({ type: 'mine' }),
        expect.objectContaining({ type: 'blob', head, url: expect.stringContaining('blob:') }),
      ]);
      const { url } = replies[1] as Extract<PageReply, { type: 'blob' }>;
      expect(new Uint8Array(await (await fetch(url)).arrayBuffer())).toEqual(BYTES);
      jest.advanceTimersByTime(BLOB_LIFE_MS);
      await expect(fetch(url)).rejects.toThrow();
    } finally {
      jest.useRealTimers();
    }
  });

  it('over the limit of running ones is answered "not mine"', async () => {
    const { container } = setUp(new FakeSource().add(A, new Promise(() => {})));
    for (let n = 0; n < ANSWER_COUNT_LIMIT; n++) container.ask({ url: A });
    const { replies } = container.ask({ url: A });
    await settle();
    expect(replies).toMatchObject([{ type: 'not-mine' }]);
  });
});

describe('a large segment', () => {
  const LARGE = someBytes(WHOLE_LIMIT + 1);

  it('is given in chunks, each when it is pulled', async () => {
    const { container } = setUp(new FakeSource().add(A, segment(LARGE)));
    const { port, replies } = container.ask({ url: A });
    await settle();
    expect(replies.map(({ type }) => type)).toEqual(['mine', 'stream']);
    const chunks = Math.ceil(LARGE.length / CHUNK_LENGTH);
    for (let n = 0; n < chunks; n++) {
      port.postMessage(post({ type: 'pull' }));
      await settle();
      expect(replies.length).toBe(3 + n);
    }
    const bodies = replies
      .slice(2)
      .map((reply) => new Uint8Array((reply as Extract<PageReply, { type: 'chunk' }>).bytes));
    expect(Buffer.compare(Buffer.concat(bodies), LARGE)).toBe(0);
  });
});

describe('a segment request of a player that adds to it', () => {
  it("is one for the listed segment, whose requests to the origin go out as the player's own, save for its CMCD", async () => {
    const { container, source } = setUp(new FakeSource().add(A, segment(BYTES)));
    const asked = { url: `${A}?CMCD=br%3D1&token=a%20b`, headers: [['x-token', 't']], credentials: 'include' } as const;
    container.ask({ url: A }, 'loader', asked);
    await settle();
    const { requested, origin } = source.asked[0]?.options ?? {};
    expect(requested).toBe(asked.url);
    const init = { headers: [['x-token', 't']], credentials: 'include' };
    expect(origin?.(A)).toEqual({ url: `${A}?token=a%20b`, init });
    expect(origin?.(`${B}?n=1`)).toEqual({ url: `${B}?n=1&token=a%20b`, init });
  });
});

describe('a range', () => {
  it('that the playlist gave a segment is asked of the source as such', async () => {
    const part = segment(BYTES.slice(0, 10));
    const { container, source } = setUp(new FakeSource().add(A, part, { offset: 500, length: 10 }));
    const { replies } = container.ask({ url: A, range: { first: 500, last: 509 } });
    await settle();
    expect(source.asked[0]?.range).toEqual({ offset: 500, length: 10 });
    const body = replies[1] as Extract<PageReply, { type: 'bytes' }>;
    expect(body.head).toEqual({ offset: 500, length: 10, contentType: 'video/MP2T' });
    expect(new Uint8Array(body.bytes)).toEqual(BYTES.slice(0, 10));
  });

  it.each([
    [{ first: 10, last: 19 }, 10, 20],
    [{ first: 990 }, 990, 1000],
    [{ first: -10 }, 990, 1000],
    [{ first: -5000 }, 0, 1000],
    [{ first: 990, last: 5000 }, 990, 1000],
  ])('%j is cut from the whole segment, and its share of the time', async (range, from, to) => {
    const { container } = setUp(new FakeSource().add(A, segment(BYTES)));
    const { replies } = container.ask({ url: A, range });
    await settle();
    const body = replies[1] as Extract<PageReply, { type: 'bytes' }>;
    expect(body.head).toMatchObject({ offset: from, length: to - from, total: 1000 });
    expect(new Uint8Array(body.bytes)).toEqual(BYTES.slice(from, to));
    expect(body.transferMs).toBeCloseTo((400 * (to - from)) / 1000);
  });

  it('behind the end is left to the origin', async () => {
    const { container } = setUp(new FakeSource().add(A, segment(BYTES)));
    const { replies } = container.ask({ url: A, range: { first: 1000 } });
    await settle();
    expect(replies.at(-1)).toMatchObject({ type: 'not-mine' });
  });
});

describe('close', () => {
  it('ends running answers, says so, and listens to nothing more', async () => {
    const { container, source, connection, beats } = setUp(new FakeSource().add(A, new Promise(() => {})));
    const received = container.control();
    const { replies } = container.ask({ url: A });
    connection.close();
    await settle();
    expect(replies.map(({ type }) => type)).toEqual(['mine', 'error']);
    expect(source.asked[0]?.options.signal?.aborted).toBe(true);
    expect(received.at(-1)).toMatchObject({ type: 'end', source: 'loader' });
    expect(source.listeners + container.listeners.message.size + container.listeners.controllerchange.size).toBe(0);
    expect(beats.length).toBe(0);
  });
});
