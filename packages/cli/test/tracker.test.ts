import { on, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import { Tracker } from '../src/tracker/tracker.js';

const STREAM = 'ab'.repeat(20);
const binary = (hex: string): string => Buffer.from(hex, 'hex').toString('latin1');
const offers = [{ offer_id: 'o'.repeat(20), offer: { type: 'offer', sdp: 'v=0 a' } }];

describe('the embedded tracker', () => {
  let tracker: Tracker;
  let http: Server;
  let clients: WebSocket[];
  beforeEach(async () => {
    tracker = new Tracker();
    clients = [];
    http = createServer().on('upgrade', (req, socket, head) => tracker.upgrade(req, socket, head));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
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
    expect(tracker.stats).toEqual({ peers: 2, announces: 3 });
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
    expect(tracker.stats).toEqual({ peers: 0, announces: 0 });
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
