import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { readMagnets, readStream } from '@live-torrent/manifest-magnetizer';
import type { Browser } from 'playwright-core';
import { loopPlaylist } from '../../examples/express/loop.mjs';
import { launchBrowser } from '../../harness/browser.mjs';
import type { CliStats } from '../../harness/cli.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { type Served, serve } from '../../harness/serve.mjs';
import { createHelper, type Helper } from '../../packages/helper/lib/index.js';
import { describeWith } from '../browser/support/programs.js';
import { openViewer, type Viewer } from '../browser/support/viewer.js';
import { Fleet } from '../support/fleet.js';
import { root } from '../support/packages.js';

jest.setTimeout(300_000);

const folder = join(root, 'examples/feed');
const names = readdirSync(folder).filter((name) => name.endsWith('.ts'));
const files = new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
const hashes = new Set([...files.values()].map((bytes) => createHash('sha256').update(bytes).digest('hex')));

/** The feed that both origins have: a loop with validators, and without CORS, so that viewers take all from the origins. */
class Feed {
  /** Reads of a segment, by its place in the stream. */
  readonly reads = new Map<string, number>();
  readonly #begun = Date.now() - 24_000;
  #served: Served | undefined;

  async start(): Promise<string> {
    this.#served = await serve((req, res) => {
      const name = (req.url ?? '').slice(1);
      const bytes = files.get(name);
      if (name === 'live.m3u8') {
        const text = loopPlaylist(names, 4, (Date.now() - this.#begun) / 1000);
        res.writeHead(200, { 'Content-Type': 'application/vnd.apple.mpegurl', 'Cache-Control': 'no-cache' }).end(text);
      } else if (bytes) {
        if (req.method === 'GET') this.reads.set(name, (this.reads.get(name) ?? 0) + 1);
        res.writeHead(200, { 'Content-Type': 'video/mp2t', 'Content-Length': bytes.length, ETag: `"${name}"` });
        res.end(req.method === 'GET' ? bytes : undefined);
      } else res.writeHead(404).end();
    });
    return `${this.#served.url}live.m3u8`;
  }

  close(): Promise<void> | undefined {
    return this.#served?.close();
  }
}

/** What nginx gives of the playlist, looked at all the time. */
class Watch {
  readonly uris = new Map<number, Set<string>>();
  readonly magnets = new Map<number, Set<string>>();
  readonly streams = new Set<string>();
  readonly bad: string[] = [];
  loads = 0;
  incomplete = 0;
  back = 0;
  slowest = 0;
  #last = 0;
  #over = false;
  readonly #done: Promise<void>;

  constructor(private readonly url: string) {
    this.#done = this.#run();
  }

  stop(): Promise<void> {
    this.#over = true;
    return this.#done;
  }

  async #run(): Promise<void> {
    while (!this.#over) {
      const asked = Date.now();
      try {
        const response = await fetch(this.url);
        const text = await response.text();
        if (response.status === 200) this.#read(text);
        else this.bad.push(`${response.status} ${text}`);
      } catch (error) {
        this.bad.push(String(error));
      }
      this.slowest = Math.max(this.slowest, Date.now() - asked);
      this.loads += 1;
      await sleep(250);
    }
  }

  #read(text: string): void {
    const first = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(text)?.[1]);
    if (first < this.#last) this.back += 1;
    this.#last = first;
    const add = (map: Map<number, Set<string>>, n: number, value: string): void => {
      map.set(n, (map.get(n) ?? new Set()).add(value));
    };
    const uris = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    for (const [i, uri] of uris.entries()) add(this.uris, first + i, uri);
    const magnets = readMagnets(text, this.url);
    if (magnets.length < uris.length) this.incomplete += 1;
    for (const { uri, infoHash } of magnets) add(this.magnets, first + uris.indexOf(uri), infoHash);
    this.streams.add(readStream(text)?.stream ?? '');
  }
}

describeWith('nginx', 'redis')('two origins behind nginx that share their hashes (examples/compose)', () => {
  const feed = new Feed();
  let fleet: Fleet;
  let watch: Watch;
  let helpers: Helper;
  let browser: Browser;
  const pages: Viewer[] = [];
  const statsOf = async (name: string): Promise<CliStats> =>
    (await fetch(`${fleet.at(name)}stats.json`)).json() as Promise<CliStats>;
  const hashed = async (): Promise<number[]> =>
    (await Promise.all(['origin-a', 'origin-b'].map(statsOf))).map(({ segmentsHashed }) => segmentsHashed);
  const said: string[] = [];
  /** Viewers at the tracker of the origin that has fewer. */
  const viewersAtBoth = async (): Promise<number> =>
    Math.min(...(await Promise.all(['origin-a', 'origin-b'].map(statsOf))).map(({ tracker }) => tracker.peers));

  beforeAll(async () => {
    fleet = await Fleet.start(await feed.start());
    watch = new Watch(`${fleet.url}manifest.m3u8`);
    browser = await launchBrowser();
    helpers = createHelper({ url: `${fleet.url}manifest.m3u8`, viewers: 2, iceServers: [] });
    for (const worker of [0, 1]) pages.push(await openViewer(browser, `${fleet.url}?worker=${worker}`));
    for (const page of pages) await page.playing(60_000);
    await waitFor('all four at both trackers', async () => (await viewersAtBoth()) === 4, { timeout: 60_000 });
    await sleep(20_000);
  });

  afterAll(async () => {
    await Promise.all(pages.map((page) => page.close()));
    await browser?.close();
    await helpers?.stop();
    await watch?.stop();
    await fleet?.close();
    await feed.close();
    console.info(said.join('\n'));
  });

  const play = async (what: string, meanwhile: () => Promise<void>): Promise<void> => {
    const look = async () => {
      const stats = await Promise.all(pages.map((page) => page.stats()));
      const all = [...stats, ...helpers.stats.viewers];
      const sum = (name: 'peerBytes' | 'originBytes'): number => all.reduce((bytes, each) => bytes + each[name], 0);
      return { peers: sum('peerBytes'), origin: sum('originBytes') };
    };
    const before = await look();
    const [loads, incomplete] = [watch.loads, watch.incomplete];
    await meanwhile();
    const after = await look();
    const [peers, origin] = [after.peers - before.peers, after.origin - before.origin];
    said.push(
      `${what}: ${((100 * peers) / (peers + origin)).toFixed(0)} % from peers, ${watch.loads - loads} playlists, ${watch.incomplete - incomplete} of them incomplete`,
    );
  };

  it('hash each segment once', async () => {
    const before = await hashed();
    const reads = (): number => [...feed.reads.values()].reduce((sum, count) => sum + count, 0);
    const [first, from] = [Math.max(...watch.uris.keys()), reads()];
    await play('nothing fails', () => sleep(40_000));
    const segments = Math.max(...watch.uris.keys()) - first;
    const since = (await hashed()).map((count, i) => count - (before[i] ?? 0));
    said.push(
      `${segments} segments: hashed by each origin ${since.join(' and ')}, read from the feed ${reads() - from} times`,
    );
    // Both may begin at the same moment.
    expect(since.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(segments + 2);
  });

  it('one is killed, and comes back', async () => {
    await play('one origin is killed', async () => {
      await fleet.kill('origin-a');
      await sleep(15_000);
    });
    await play('it is back', async () => {
      await fleet.begin('origin-a');
      await waitFor('all four at both trackers', async () => (await viewersAtBoth()) === 4, { timeout: 90_000 });
    });
  });

  it('Redis is killed, and comes back', async () => {
    await play('Redis is killed', async () => {
      await fleet.redis.end();
      await sleep(15_000);
    });
    for (const name of ['origin-a', 'origin-b']) expect(fleet.output(name)).toMatch(/--cache .*meanwhile/);
    await play('it is back', async () => {
      await fleet.redis.begin();
      await waitFor(
        'both origins',
        () => ['origin-a', 'origin-b'].every((name) => /is there again/.test(fleet.output(name))),
        {
          timeout: 30_000,
        },
      );
      await sleep(15_000);
    });
    expect(Number(fleet.redis.cli('DBSIZE'))).toBeGreaterThan(0);
  });

  it('no viewer notices, and all are one mesh', async () => {
    const stalls = await Promise.all(pages.map(async (page) => (await page.playback()).stalls));
    const segments = (await Promise.all(pages.map((page) => page.segments()))).flat();
    const stats = await Promise.all(pages.map((page) => page.stats()));
    const { viewers } = helpers.stats;
    said.push(
      `${watch.loads} playlists, the slowest after ${watch.slowest} ms, ${watch.back} older than the one before; links ${[...stats, ...viewers].map(({ links }) => links).join(', ')}; late ${viewers.map(({ late }) => late).join(', ')}`,
    );
    expect(stalls).toEqual([[], []]);
    expect(segments.filter(({ sha256 }) => !hashes.has(sha256))).toEqual([]);
    expect(viewers.map(({ late, failed, badPieces }) => [late, failed, badPieces])).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    // Among four that is one mesh.
    expect(Math.min(...[...stats, ...viewers].map(({ links }) => links))).toBeGreaterThanOrEqual(2);
    // Browsers say themselves that a tracker is gone.
    expect(pages.flatMap(({ errors }) => errors).filter((error) => !/WebSocket connection/.test(error))).toEqual([]);
    expect(helpers.stats.restarts).toBe(0);
  });

  it('no segment has another URL or hash, and no playlist another stream', () => {
    expect(watch.bad).toEqual([]);
    const several = (sets: Map<number, Set<string>>) => [...sets].filter(([, { size }]) => size > 1);
    expect([several(watch.uris), several(watch.magnets), watch.streams.size]).toEqual([[], [], 1]);
  });
});
