import { EventEmitter, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { WebSocket } from 'ws';
import { listen } from '../../../harness/serve.mjs';
import {
  BURST,
  ConnectionGuard,
  MAX_UNFINISHED,
  MAX_UNREAD,
  MAX_UNREAD_OF_ALL,
  PER_SECOND,
  SILENCE,
  SLOWEST,
} from '../src/connection-guard.js';
import { createTracker, type Tracker } from '../src/index.js';
import { until } from './support.js';

/** A connection as the guard sees it. */
class Client extends EventEmitter {
  bufferedAmount = 0;
  cut = false;
  readonly below = new PassThrough();
  send(): void {}
  close(): void {}
  ping(): void {}
  terminate(): void {
    this.cut = true;
    this.emit('close');
  }
  receives(bytes: number): void {
    this.below.emit('data', new Uint8Array(bytes));
  }
}

describe('a connection to the tracker', () => {
  let now = 0;
  let guard: ConnectionGuard;
  const open = (): Client => {
    const client = new Client();
    guard.add(client, client.below);
    return client;
  };
  beforeEach(() => {
    now = 0;
    guard = new ConnectionGuard(() => now);
  });
  afterEach(() => guard.close());
  const at = (ms: number): void => {
    now = ms;
    guard.check();
  };

  it('that announces nothing for ten seconds is cut; one that has announced, when it is silent for three minutes', () => {
    const [idle, viewer] = [open(), open()];
    guard.message(viewer as never, 100);
    at(SLOWEST + 1);
    expect([idle.cut, viewer.cut]).toEqual([true, false]);
    at(SILENCE - 1);
    viewer.emit('pong', new Uint8Array());
    at(2 * SILENCE - 2);
    expect(viewer.cut).toBe(false);
    at(2 * SILENCE);
    expect(viewer.cut).toBe(true);
  });

  it('whose message is not here ten seconds after it began is cut, however much of it trickles in', () => {
    const client = open();
    client.receives(506);
    guard.message(client as never, 498);
    for (let ms = 0; ms <= SLOWEST; ms += 1000) {
      at(ms);
      expect(client.cut).toBe(false);
      client.receives(2000);
    }
    at(SLOWEST + 1);
    expect(client.cut).toBe(true);
  });

  it('holds nothing when its messages are complete, in one frame or in many', () => {
    const client = open();
    for (const bytes of [100, 125, 126, 65_535, 65_536]) {
      client.receives(bytes + (bytes < 126 ? 6 : bytes < 65_536 ? 8 : 14));
      guard.message(client as never, bytes);
      expect(guard.held.unfinished).toBe(0);
    }
    client.receives(1000 + 10 * 8);
    guard.message(client as never, 1000);
    expect(guard.held.unfinished).toBe(0);
  });

  it('holds most of what all hold unfinished: it is the first to be cut', () => {
    const [viewer, flood] = [open(), open()];
    viewer.receives(5000);
    for (let i = 0; i <= MAX_UNFINISHED; i += 65_536) flood.receives(65_536);
    expect([viewer.cut, flood.cut]).toEqual([false, true]);
    expect(guard.held.unfinished).toBe(5000);
  });

  it('that does not read is cut when more waits for it than twenty offers', () => {
    const client = open();
    client.bufferedAmount = MAX_UNREAD;
    guard.sent(client as never);
    expect(client.cut).toBe(false);
    client.bufferedAmount++;
    guard.sent(client as never);
    expect(client.cut).toBe(true);
  });

  it('is cut with others that do not read when all of them hold too much, and one that reads stays', () => {
    const viewer = open();
    viewer.bufferedAmount = 2000;
    guard.sent(viewer as never);
    const deaf = Array.from({ length: MAX_UNREAD_OF_ALL / MAX_UNREAD + 1 }, open);
    for (const client of deaf) {
      client.bufferedAmount = MAX_UNREAD;
      guard.sent(client as never);
      expect(guard.held.unread).toBeLessThanOrEqual(MAX_UNREAD_OF_ALL);
    }
    expect(viewer.cut).toBe(false);
    expect(deaf.some(({ cut }) => cut)).toBe(true);
  });

  it('may send so many messages at once, and so many a second after that', () => {
    const client = open();
    const sent = (count: number): number =>
      Array.from({ length: count }, () => guard.message(client as never, 10)).filter((taken) => taken).length;
    expect(sent(BURST + 5)).toBe(BURST);
    now += 6000;
    expect(sent(1000)).toBeGreaterThanOrEqual(6 * PER_SECOND - 6);
    expect(sent(1)).toBe(0);
  });
});

describe('attacks on the tracker', () => {
  const STREAM = 'ab'.repeat(20);
  const binary = Buffer.from(STREAM, 'hex').toString('latin1');
  let tracker: Tracker;
  let http: Server;
  const sockets: (Socket | WebSocket)[] = [];
  beforeEach(async () => {
    tracker = createTracker({ streams: [STREAM] });
    http = createServer().on('upgrade', (req, socket, head) => tracker.upgrade(req, socket, head));
    await listen(http);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket instanceof WebSocket ? socket.terminate() : socket.destroy();
    tracker.close();
    await new Promise((resolve) => http.close(resolve));
  });

  const open = async (): Promise<WebSocket> => {
    const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}/announce`);
    client.on('error', () => {});
    sockets.push(client);
    await once(client, 'open');
    return client;
  };
  const announce = (peer: string, more: object = {}): string =>
    JSON.stringify({ action: 'announce', info_hash: binary, peer_id: peer.padStart(20, '0'), left: 1, ...more });

  it('20,000 announces on one socket end it, and reach nobody', async () => {
    const [flood, viewer] = [await open(), await open()];
    viewer.send(announce('v'));
    await once(viewer, 'message');
    const closed = once(flood, 'close');
    for (let i = 0; i < 20_000; i++) flood.send(announce(String(i), { event: 'started' }));
    expect((await closed)[0]).toBe(1008);
    expect(tracker.stats).toMatchObject({ peers: 1, announces: 2 });
  });

  it('a frame above the limit ends its socket before it is here', async () => {
    const client = await open();
    const closed = once(client, 'close');
    client.send(announce('a', { offers: [{ offer: { sdp: 'x'.repeat(128 * 1024) } }] }));
    expect((await closed)[0]).toBe(1009);
  });

  it.each([
    [
      'random infohashes',
      () => ({ info_hash: String(Math.random()).padStart(20, 'x').slice(0, 20) }),
      'failure reason',
    ],
    ['an answer to who is not there', () => ({ answer: {}, to_peer_id: 'x'.repeat(20), offer_id: 'y' }), undefined],
  ])('%s cost nothing that stays', async (_, more, reply) => {
    const client = await open();
    for (let i = 0; i < 100; i++) client.send(announce('a', more()));
    if (reply !== undefined) expect(JSON.parse(String((await once(client, 'message'))[0]))).toHaveProperty(reply);
    client.send(announce('a'));
    await until(() => tracker.stats.peers === 1);
  });

  it('an offer goes to one viewer, and no more bytes than came', async () => {
    const viewers = await Promise.all(Array.from({ length: 30 }, open));
    let received = 0;
    for (const [i, viewer] of viewers.entries()) {
      viewer.send(announce(`v${i}`));
      await once(viewer, 'message');
      viewer.on('message', (data: Buffer) => {
        received += data.length;
      });
    }
    const attacker = await open();
    const offers = Array.from({ length: 20 }, (_, i) => ({
      offer_id: `${i}`.padStart(20),
      offer: { sdp: 'x'.repeat(3000) },
    }));
    const text = announce('a', { offers, numwant: 1_000_000 });
    const answered = once(attacker, 'message');
    attacker.send(text);
    await answered;
    await until(() => received > 20 * 3000);
    expect(received).toBeLessThanOrEqual(text.length + 20 * 200);
  });

  it.each([
    '[]',
    '0',
    '"announce"',
    '{"__proto__":null}',
    JSON.stringify({ action: 'announce', info_hash: binary, peer_id: '0'.repeat(20), event: { valueOf: 1 } }),
    JSON.stringify({
      action: 'announce',
      info_hash: binary,
      peer_id: '0'.repeat(20),
      left: { valueOf: 1, toString: 1 },
    }),
    JSON.stringify({ action: 'announce', info_hash: binary, peer_id: '0'.repeat(20), event: 'constructor' }),
    JSON.stringify({ action: 'announce', info_hash: binary, peer_id: '__proto__'.padStart(20), event: 'stopped' }),
    '['.repeat(100_000),
  ])('%.60s ends nothing but its own socket', async (text) => {
    const [bad, viewer] = [await open(), await open()];
    bad.send(text);
    viewer.send(announce('v'));
    await once(viewer, 'message');
    expect(tracker.stats.peers).toBeGreaterThanOrEqual(1);
  });

  it('a connection that breaks at once, or in the middle of a frame, ends nothing else', async () => {
    const { port } = http.address() as AddressInfo;
    const key = Buffer.alloc(16).toString('base64');
    const request = `GET /announce HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`;
    for (let i = 0; i < 50; i++) {
      const socket = connect(port, '127.0.0.1');
      sockets.push(socket.on('error', () => {}));
      await once(socket, 'connect');
      socket.write(`${request}\x81\xfe\x10\x00`, 'latin1');
      if (i % 2 === 0) await once(socket, 'data');
      socket.resetAndDestroy();
    }
    const viewer = await open();
    viewer.send(announce('v'));
    await once(viewer, 'message');
  });
});
