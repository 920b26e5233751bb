import { createHash } from 'node:crypto';
import { on, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { shadowStream } from '@live-torrent/manifest-magnetizer';
import fc from 'fast-check';
import { WebSocket } from 'ws';
import { listen } from '../../../harness/serve.mjs';
import { AnnounceTokens, createTracker, type Tracker } from '../src/index.js';
import { Swarm } from '../src/swarms.js';
import { until } from './support.js';

const STREAM = 'ab'.repeat(20);
const binary = (hex: string): string => Buffer.from(hex, 'hex').toString('latin1');
const offers = [{ offer_id: 'o'.repeat(20), offer: { type: 'offer', sdp: 'v=0 a' } }];

describe('a tracker of some streams', () => {
  let tracker: Tracker;
  let http: Server;
  let clients: WebSocket[];
  beforeEach(async () => {
    tracker = createTracker({ streams: [] });
    clients = [];
    http = createServer().on('upgrade', (req, socket, head) => tracker.upgrade(req, socket, head));
    await listen(http);
  });
  afterEach(async () => {
    for (const client of clients) client.terminate();
    tracker.close();
    await new Promise((resolve) => http.close(resolve));
  });

  /** Messages that have arrived and not been looked at. */
  const inboxes = new WeakMap<WebSocket, AsyncIterator<[Buffer]>>();

  async function connect(): Promise<WebSocket> {
    const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}/announce`);
    clients.push(client);
    inboxes.set(client, on(client, 'message') as AsyncIterator<[Buffer]>);
    await once(client, 'open');
    return client;
  }

  function announce(client: WebSocket, peer: string, more: object = {}, stream = STREAM): void {
    const message = { action: 'announce', info_hash: binary(stream), peer_id: peer.repeat(20), numwant: 1, left: 1 };
    client.send(JSON.stringify({ ...message, event: 'started', ...more }));
  }

  async function next(client: WebSocket): Promise<Record<string, unknown>> {
    const message = await inboxes.get(client)?.next();
    return JSON.parse(String(message?.value[0])) as Record<string, unknown>;
  }

  it('lets two viewers of a stream exchange an offer and its answer', async () => {
    tracker.allow(STREAM);
    const [a, b] = [await connect(), await connect()];
    announce(a, 'a');
    expect(await next(a)).toMatchObject({ interval: 60, complete: 0, incomplete: 1 });
    announce(b, 'b', { offers });
    const offer = await next(a);
    expect(offer).toMatchObject({ peer_id: 'b'.repeat(20), offer: offers[0]?.offer, info_hash: binary(STREAM) });
    await next(b);
    announce(a, 'a', { answer: { type: 'answer', sdp: 'v=0 b' }, to_peer_id: offer.peer_id, offer_id: offer.offer_id });
    expect(await next(b)).toMatchObject({ peer_id: 'a'.repeat(20), answer: { sdp: 'v=0 b' } });
    expect(tracker.stats).toMatchObject({ peers: 2, announces: 3 });
  });

  it('forgets a viewer that has gone', async () => {
    tracker.allow(STREAM);
    const a = await connect();
    announce(a, 'a');
    await next(a);
    expect(tracker.stats.peers).toBe(1);
    a.terminate();
    while (tracker.stats.peers > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('tells how many viewers there are, and not at most the thousand that its library remembers by default', async () => {
    tracker.allow(STREAM);
    let told: unknown;
    for (let i = 1; i <= 1_200; i++) {
      const client = await connect();
      announce(client, '', { peer_id: String(i).padStart(20, '0') });
      told = (await next(client)).incomplete;
    }
    expect(told).toBe(1_200);
  });

  it('one connection is one viewer of a stream: further peer ids are refused, until the first has stopped', async () => {
    tracker.allow(STREAM);
    const [flood, viewer] = [await connect(), await connect()];
    announce(flood, 'a');
    await next(flood);
    for (let i = 0; i < 100; i++) announce(flood, '', { peer_id: String(i).padStart(20, '0') });
    for (let i = 0; i < 100; i++) expect(await next(flood)).toHaveProperty('failure reason');
    announce(viewer, 'b');
    expect(await next(viewer)).toMatchObject({ incomplete: 2 });
    announce(flood, 'a', { event: 'stopped' });
    await next(flood);
    announce(flood, 'c');
    expect(await next(flood)).toMatchObject({ incomplete: 2 });
    flood.terminate();
    while (tracker.stats.peers !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('forgets all streams of a connection that closes, whatever their peer ids', async () => {
    const other = 'cd'.repeat(20);
    tracker.allow(STREAM);
    tracker.allow(other);
    const page = await connect();
    announce(page, 'a');
    announce(page, 'b', {}, other);
    await next(page);
    await next(page);
    expect(tracker.stats.peers).toBe(2);
    page.terminate();
    while (tracker.stats.peers > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('a peer id is its connection’s: nobody else stops it, or gets its offers', async () => {
    tracker.allow(STREAM);
    const [victim, thief, viewer] = [await connect(), await connect(), await connect()];
    announce(victim, 'a');
    await next(victim);
    for (const event of ['stopped', 'started']) {
      announce(thief, 'a', { event });
      expect(await next(thief)).toHaveProperty('failure reason');
    }
    announce(viewer, 'b', { offers });
    expect(await next(victim)).toHaveProperty('offer');
  });

  it('a viewer that comes back by another connection has its peer id again once the old one does not answer', async () => {
    tracker.allow(STREAM);
    const [old, renewed] = [await connect(), await connect()];
    announce(old, 'a');
    await next(old);
    // As of a network that is gone: nothing is read any more.
    old.pause();
    announce(renewed, 'a');
    expect(await next(renewed)).toHaveProperty('failure reason');
    for (;;) {
      announce(renewed, 'a');
      if (!('failure reason' in (await next(renewed)))) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(tracker.stats.peers).toBe(1);
  });

  it('serves no other streams', async () => {
    const a = await connect();
    announce(a, 'a');
    expect(await next(a)).toHaveProperty('failure reason');
    expect(tracker.stats).toMatchObject({ peers: 0, announces: 0 });
  });

  it('closes a connection on which something else arrives, and goes on for the others', async () => {
    tracker.allow(STREAM);
    const [a, b] = [await connect(), await connect()];
    for (const text of ['{', 'null', '{"action":"scrape","info_hash":5}', '{"action":"announce"}']) {
      const bad = await connect();
      bad.send(text);
      await once(bad, 'close');
    }
    announce(a, 'a');
    await next(a);
    announce(b, 'b', { offers });
    expect(await next(a)).toHaveProperty('offer');
  });
});

describe('a tracker', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function serverOf(tracker: Tracker, path?: string): Promise<{ server: Server; url: string }> {
    const server = createServer((_, res) => res.end('the site'));
    tracker.attach(server, path);
    await listen(server);
    closing.push(
      () => new Promise((resolve) => server.close(resolve)),
      () => tracker.close(),
    );
    return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  /** 101, or the status with which the upgrade was refused. */
  async function statusOf(url: string): Promise<number> {
    const client = new WebSocket(url);
    closing.push(() => client.terminate());
    client.on('error', () => {});
    const [status] = await Promise.race([
      once(client, 'open').then(() => [101]),
      once(client, 'unexpected-response').then(([, response]) => [response.statusCode as number]),
    ]);
    return status as number;
  }

  async function answerTo(url: string, stream: string, peer = 'a'): Promise<Record<string, unknown>> {
    const client = new WebSocket(url);
    closing.push(() => client.terminate());
    await once(client, 'open');
    client.send(JSON.stringify({ action: 'announce', info_hash: binary(stream), peer_id: peer.repeat(20), left: 1 }));
    return JSON.parse(String((await once(client, 'message'))[0]));
  }

  it('is mounted on a server that has other things to do, at /announce, and leaves everything else alone', async () => {
    const { server, url } = await serverOf(createTracker());
    expect(await answerTo(`${url}/announce?x=1`, STREAM)).toMatchObject({ incomplete: 1 });
    expect(await (await fetch(url.replace('ws', 'http'))).text()).toBe('the site');
    expect(await statusOf(`${url}/other`)).toBe(404);
    server.on('upgrade', (req, socket) => {
      if (req.url === '/other') socket.end('HTTP/1.1 418 Mine\r\n\r\n');
    });
    expect(await statusOf(`${url}/other`)).toBe(418);
  });

  it('serves any stream, or those that are named: by id, by the URL of the playlist, by name; their groups, and those who only measure', async () => {
    const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex');
    const any = (await serverOf(createTracker())).url;
    const media = 'https://media.example.org/live.m3u8';
    const some = (await serverOf(createTracker({ streams: [STREAM.toUpperCase(), `${media}?token=1`, 'channel-7'] })))
      .url;
    const group = `${STREAM.slice(0, 20)}${'e1'.repeat(10)}`;
    for (const stream of [STREAM, group, '54'.repeat(20), sha1(media), sha1('channel-7'), shadowStream(sha1(media))]) {
      expect(await answerTo(`${some}/announce`, stream)).toHaveProperty('interval', 60);
    }
    expect(await answerTo(`${some}/announce`, sha1('channel-8'))).toHaveProperty('failure reason');
    expect(await answerTo(`${any}/announce`, sha1('channel-8'))).toHaveProperty('interval', 60);
  });

  it('with a secret lets in who has a token, and nobody else', async () => {
    const { url } = await serverOf(createTracker({ secret: 's' }), '/');
    const tokens = new AnnounceTokens('s', Date.now);
    expect(await statusOf(url)).toBe(403);
    expect(await statusOf(tokens.addTo(url))).toBe(101);
    expect(() => createTracker({ secret: '' })).toThrow(/secret/);
  });

  it('takes no more connections than it may, and takes the next when one has gone', async () => {
    const tracker = createTracker({ maxConnections: 1 });
    const { url } = await serverOf(tracker, '/');
    const first = new WebSocket(url);
    await once(first, 'open');
    expect(await statusOf(url)).toBe(503);
    first.terminate();
    await until(() => tracker.stats.connections === 0);
    expect(await statusOf(url)).toBe(101);
    expect(() => createTracker({ maxConnections: Number.NaN })).toThrow(/maxConnections/);
  });

  it('remembers nothing of streams whose viewers have gone', async () => {
    const tracker = createTracker();
    const { url } = await serverOf(tracker, '/');
    for (let i = 0; i < 50; i++) {
      const client = new WebSocket(url);
      await once(client, 'open');
      const stream = String(i).padStart(40, '0');
      client.send(JSON.stringify({ action: 'announce', info_hash: binary(stream), peer_id: 'a'.repeat(20) }));
      await once(client, 'message');
      client.terminate();
    }
    await until(() => tracker.stats.connections === 0);
    expect(tracker.stats).toMatchObject({ streams: 0, peers: 0 });
  });

  it('that closes leaves the server to others, and viewers to the next tracker', async () => {
    const first = createTracker();
    const { server, url } = await serverOf(first, '/');
    const client = new WebSocket(url);
    await once(client, 'open');
    first.close();
    await once(client, 'close');
    const next = createTracker();
    next.attach(server, '/');
    expect(await answerTo(url, STREAM)).toMatchObject({ incomplete: 1 });
    next.close();
  });
});

it('the others of a stream are chosen at random, each once, and all alike', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 20 }), fc.integer(), (size, count, seed) => {
      const swarm = new Swarm<number>();
      const random = randomFrom(seed);
      for (let i = 0; i < 2 * size; i++) swarm.add(String(i), i);
      for (let i = 0; i < size; i++) swarm.remove(String(2 * i));
      for (let turn = 0; turn < 5; turn++) {
        const some = swarm.some(count, '1', random);
        expect(some).toHaveLength(Math.min(count, size - 1));
        expect(new Set(some).size).toBe(some.length);
        expect(some.every((i) => i % 2 === 1 && i !== 1)).toBe(true);
      }
      expect(swarm.size).toBe(size);
    }),
  );
  const swarm = new Swarm<number>();
  const random = randomFrom(7);
  for (let i = 0; i < 10; i++) swarm.add(String(i), i);
  const times = Array.from({ length: 10 }, () => 0);
  for (let turn = 0; turn < 9_000; turn++) for (const i of swarm.some(2, '0', random)) times[i] = (times[i] ?? 0) + 1;
  expect(times[0]).toBe(0);
  for (const n of times.slice(1)) expect(Math.abs(n - 2_000)).toBeLessThan(200);
});

/** mulberry32 */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
