import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { jest } from '@jest/globals';
import { createMagnetizer, readMagnets } from '@live-torrent/manifest-magnetizer';
import WebSocket from 'ws';
import { waitFor } from '../../harness/poll.mjs';
import { listen } from '../../harness/serve.mjs';
import { Discovery } from '../../packages/p2p-loader/src/mesh/discovery.js';
import { PlaylistCatalog } from '../../packages/p2p-loader/src/playlists/playlist-catalog.js';
import { readPlaylist } from '../../packages/p2p-loader/src/playlists/read-playlist.js';
import { fakeTrackers } from '../../packages/p2p-loader/test/fake-tracker.js';
import { hash, World } from '../../packages/p2p-loader/test/scheduler-fixtures.js';
import { createTracker } from '../../packages/tracker/src/index.js';
import { trendOf } from './support/trend.js';

/** 8 hours of segments of half a second. */
const HOURS = 8;
const SEGMENT_MS = 500;
const SEGMENTS = (HOURS * 3_600_000) / SEGMENT_MS;
const WINDOW = 12;
/** MiB an hour, beyond twice the slope's error. */
const MOST_MIB = 0.5;

jest.setTimeout(600_000);
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Caches fill within this part of the time. */
const FILLED = 0.25;

/** Looks at the heap 32 times, from when caches have filled. */
class Heap {
  readonly #points: (readonly [number, number])[] = [];

  /** @param part of all, 0 to 1 */
  look(part: number): void {
    if (part < FILLED + ((1 - FILLED) * this.#points.length) / 32) return;
    collect();
    this.#points.push([HOURS * part, process.memoryUsage().heapUsed / 2 ** 20]);
  }

  expectFlat(what: string): void {
    const { slope, error } = trendOf(this.#points);
    console.info(`${what}: ${slope.toFixed(3)} ± ${error.toFixed(3)} MiB an hour`);
    expect(slope - 2 * error).toBeLessThan(MOST_MIB);
  }
}

afterEach(() => jest.useRealTimers());

describe('8 hours, by clocks that run faster', () => {
  it('of the schedule leave no timer and no memory behind', async () => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick', 'setImmediate', 'performance'] });
    const world = new World();
    const links = [1, 2, 1001, 1002].map((n) => world.link(n));
    const heap = new Heap();
    let most = 0;
    let fetches = 0;
    for (let n = 0; n < SEGMENTS; n++) {
      const segment = world.segment(n + 10_000, world.now + 4_000);
      const { infoHash } = segment;
      const link = links[n % links.length] as (typeof links)[number];
      world.scheduler.consider(segment.asSegment);
      // Somebody fetches it, says so and has it; or says so and has it not; or nobody does.
      if (n % 3 < 2) world.receive(link, { t: 'fetching', h: infoHash, f: link.id, a: 0 });
      if (n % 3 === 0) {
        link.has.add(infoHash);
        world.receive(link, { t: 'have', h: [infoHash] });
        world.scheduler.blockArrived(segment.asSegment, link.id, 1_000);
      }
      if (n % 100 === 99) {
        world.links.delete(link.id);
        world.scheduler.linksChanged(link.asLink);
        world.links.set(link.id, link);
        world.scheduler.linksChanged();
      }
      for (let turn = 0; turn < 5; turn++) {
        world.now += SEGMENT_MS / 5;
        jest.advanceTimersByTime(SEGMENT_MS / 5);
      }
      const done = world.segments.get(hash(n + 10_000 - WINDOW / 2));
      if (done) {
        fetches += done.fetches;
        done.complete = true;
        world.scheduler.completed(done.asSegment);
      }
      const old = hash(n + 10_000 - WINDOW);
      world.scheduler.forget(old);
      world.segments.delete(old);
      world.needed.delete(old);
      most = Math.max(most, jest.getTimerCount());
      // What the test's own doubles keep.
      world.broadcasts.length = 0;
      world.hinted.length = 0;
      for (const each of links) {
        each.sent.length = each.begun.length = 0;
        each.strikes = each.silences = 0;
        for (const set of [each.has, each.fetching, each.receiving, each.asked]) set.delete(old);
      }
      // Streams end in microtasks.
      if (n % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
      heap.look(n / SEGMENTS);
    }
    expect(fetches).toBeGreaterThan(SEGMENTS / 4);
    expect(most).toBeLessThanOrEqual(3 * WINDOW);
    world.scheduler.stop();
    expect(jest.getTimerCount()).toBe(0);
    heap.expectFlat('schedule');
  });

  it('of announces are at most three a minute and tracker, whatever fails, and leave no timer', () => {
    jest.useFakeTimers();
    const { clients, create } = fakeTrackers();
    const discovery = new Discovery(
      {
        ...{ infoHash: 'aa'.repeat(20), peerId: 'bb'.repeat(20), announce: ['ws://a', 'ws://b'], iceServers: [] },
        ...{ random: Math.random, now: () => Date.now(), wanted: () => 2, welcomes: () => true, isLinked: () => false },
        ...{ onPeer() {}, onSwarmSize() {}, onWarning() {}, onLocalNetwork() {}, onUnable() {} },
      },
      create,
    );
    let most = 0;
    for (let second = 0; second < HOURS * 3_600; second++) {
      const [client] = clients.slice(-1 - (second % 2));
      const fails = Math.floor(second / 600) % 3;
      // Ten minutes of answers, ten of silence, ten of connections that break.
      if (fails === 0) for (const each of clients.slice(-4)) if (!each.destroyed) each.answer(9);
      if (fails === 2 && client && !client.destroyed && second % 30 === 0) client.emit('lost');
      jest.advanceTimersByTime(1_000);
      most = Math.max(most, jest.getTimerCount());
    }
    expect(clients.filter(({ destroyed }) => !destroyed).length).toBeLessThanOrEqual(2);
    expect(discovery.messages).toBeLessThanOrEqual(2 * HOURS * 60 * 3.4);
    expect(most).toBeLessThanOrEqual(6);
    discovery.stop();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('of reloads are annotated and read as the first ones were, and leave no memory behind', async () => {
    let now = 0;
    const magnetizer = createMagnetizer({
      readSegment: async ({ url }) => Buffer.alloc(1_000, url),
      now: () => now,
      // So that it is full soon.
      maxCached: 1_000,
    });
    const catalog = new PlaylistCatalog();
    const heap = new Heap();
    const url = 'https://cdn.example/live.m3u8';
    /** ms. */
    const cpu = { early: 0, late: 0 };
    for (let n = 0; n < SEGMENTS; n++) {
      now += SEGMENT_MS;
      const entries = Array.from({ length: WINDOW }, (_, i) => `#EXTINF:0.5,\n${n + i}.ts\n`);
      const text = `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:${n}\n${entries.join('')}`;
      const begun = process.cpuUsage();
      const annotated = Buffer.from(await magnetizer.magnetize(Buffer.from(text), { url })).toString();
      const { user } = process.cpuUsage(begun);
      if (n < 1_000) cpu.early += user / 1_000;
      if (n >= SEGMENTS - 1_000) cpu.late += user / 1_000;
      catalog.update(readPlaylist(url, annotated), now);
      if (n % 5_000 === 0) expect(readMagnets(annotated, url)).toHaveLength(WINDOW);
      heap.look(n / SEGMENTS);
    }
    const { segmentsHashed, pending } = magnetizer.stats();
    expect([segmentsHashed, pending]).toEqual([SEGMENTS + WINDOW - 1, 0]);
    expect([...catalog.playlists]).toHaveLength(1);
    console.info(`1,000 playlists at first ${cpu.early.toFixed(0)} ms of a core, at last ${cpu.late.toFixed(0)} ms`);
    expect(cpu.late).toBeLessThan(2 * cpu.early + 500);
    magnetizer.close();
    heap.expectFlat('playlists');
  });

  it('of a tracker with viewers who come and go leave nobody and no memory behind', async () => {
    let now = 0;
    const tracker = createTracker({ clock: () => now, now: () => now });
    const server = createServer();
    tracker.attach(server);
    const url = `ws://127.0.0.1:${await listen(server)}/announce`;
    const viewers: { socket: WebSocket; id: string }[] = [];
    const offers = [{ offer: { type: 'offer', sdp: 'v=0\r\n'.padEnd(900, 'a=x\r\n') }, offer_id: 'o'.repeat(20) }];
    let made = 0;
    const say = (viewer: (typeof viewers)[number], event?: string): void =>
      viewer.socket.send(
        JSON.stringify({ action: 'announce', info_hash: 'i'.repeat(20), peer_id: viewer.id, event, left: 1, offers }),
      );
    const come = async (): Promise<void> => {
      const viewer = { socket: new WebSocket(url), id: `${made++}`.padStart(20, '-') };
      viewer.socket.on('error', () => {});
      await new Promise((resolve) => viewer.socket.once('open', resolve));
      const answered = new Promise((resolve) => viewer.socket.once('message', resolve));
      say(viewer, 'started');
      await answered;
      viewers.push(viewer);
    };
    for (let n = 0; n < 50; n++) await come();
    const heap = new Heap();
    const MINUTES = HOURS * 60;
    for (let minute = 0; minute < MINUTES; minute++) {
      const before = tracker.stats.announces;
      for (const viewer of viewers) say(viewer);
      await waitFor('all announces', () => tracker.stats.announces >= before + viewers.length, { interval: 2 });
      // Thirty a minute in all: some say goodbye, some are cut.
      for (let n = 0; n < 15; n++) {
        const gone = viewers.shift();
        if (n % 2 === 0) gone?.socket.close();
        else gone?.socket.terminate();
        await come();
      }
      now += 60_000;
      heap.look(minute / MINUTES);
    }
    await waitFor('those who are there', () => tracker.stats.peers === viewers.length);
    for (const { socket } of viewers) socket.close();
    await waitFor('nobody', () => tracker.stats.peers + tracker.stats.connections === 0);
    expect(tracker.stats.streams).toBe(0);
    tracker.close();
    server.close();
    await sleep(0);
    heap.expectFlat('tracker');
  });
});
