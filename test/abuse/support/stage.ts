import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { Cli } from '../../../harness/cli.mjs';
import { waitFor } from '../../../harness/poll.mjs';
import { allLinked } from '../../browser/support/all-linked.js';
import { vodFeed } from '../../browser/support/media.js';
import type { Viewer } from '../../browser/support/viewer.js';
import { openViewer } from '../../browser/support/viewer.js';
import { type Fault, Front } from './front.js';
import { TrackerHost } from './tracker-host.js';
import type { Way } from './viewer-page.js';

export interface StageOptions {
  /** How each of the viewers plays, beside the plain one. */
  readonly ways?: readonly Exclude<Way, 'plain'>[];
  /** The viewers get what `live-torrent -u` makes of an upstream, the plain one that upstream itself. Default: all of them an origin of magnetized playlists. */
  readonly upstream?: boolean;
  /** Trackers that do not run when the viewers come. */
  readonly trackersDown?: boolean;
  /** The stream lasts for 20 minutes before it begins anew, not for 10, in small segments of few pictures. */
  readonly long?: boolean;
  /** The first viewer and the plain player are on a network of their own. */
  readonly apart?: boolean;
}

/** A network beside this machine's. */
export interface Apart {
  /** This machine's address there, and a name for it. */
  readonly host: string;
  readonly name: string;
  /** Starts a browser there, for which these origins are secure. */
  launch(origins: readonly string[]): Promise<Browser>;
}

const WAYS: readonly Exclude<Way, 'plain'>[] = ['hls.js', 'worker', 'hls.js'];

/** One page and the origin that it has to itself. */
export interface Seat {
  readonly way: Way;
  readonly front: Front;
  readonly browser: Browser;
  viewer: Viewer;
}

/** 10 minutes in segments of a second, of 3 pieces each: no row lasts until the loop begins anew; or 20 in small ones, with few pictures. */
function media(long = false): string {
  const rendition = { name: 'low', width: 320, height: 180, kbps: 1_200 };
  const small = { ...rendition, width: 160, height: 90, kbps: 150 };
  const feed = long
    ? { renditions: [small], segmentSeconds: 1, seconds: 1_200, framesPerSecond: 10 }
    : { renditions: [rendition], segmentSeconds: 1, seconds: 600 };
  return join(vodFeed(feed), 'low');
}

/**
 * Viewers of one live stream, all in a mesh, and a plain player beside them; with what they need, each part of which can fail: the folder of segments, the
 * command line that serves it, an origin for each viewer, two trackers.
 */
export class Stage {
  readonly seats: Seat[] = [];
  plain!: Seat;
  readonly trackers: readonly [TrackerHost, TrackerHost];
  /** What the playlists name the stream, 40 hex digits. */
  streamId = '';
  /** The segments that are played, for ever. */
  readonly folder = mkdtempSync(join(tmpdir(), 'live-torrent-abuse-'));
  /** What the viewers' origin is. */
  cli!: Cli;
  /** Between `live-torrent -u` and what it plays, if so. */
  upstream: Front | undefined;
  readonly #hashes = new Map<string, string>();
  readonly #closing: (() => Promise<unknown> | undefined)[] = [];

  private constructor(
    private readonly browser: Browser,
    readonly apart: Apart | undefined,
  ) {
    this.trackers = [new TrackerHost(apart?.host), new TrackerHost(apart?.host)];
  }

  /** @param apart where the stage is to have viewers on another network */
  static async start(browser: Browser, options: StageOptions = {}, apart?: Apart): Promise<Stage> {
    const stage = new Stage(browser, options.apart ? apart : undefined);
    try {
      await stage.#serve(options);
      await stage.#open(options);
    } catch (error) {
      await stage.close();
      throw error;
    }
    return stage;
  }

  /** Those who are in the mesh. */
  get viewers(): readonly Viewer[] {
    return this.seats.map(({ viewer }) => viewer);
  }

  /** Where all of them get playlists and segments from, the plain player included. */
  get fronts(): readonly Front[] {
    return [...this.seats, this.plain].map(({ front }) => front);
  }

  async #serve({ upstream = false, trackersDown = false, long }: StageOptions): Promise<void> {
    const source = media(long);
    for (const name of readdirSync(source).filter((file) => file.endsWith('.ts'))) {
      cpSync(join(source, name), join(this.folder, name));
      this.#hashes.set(
        name,
        createHash('sha256')
          .update(readFileSync(join(source, name)))
          .digest('hex'),
      );
    }
    for (const tracker of this.trackers) await tracker.start();
    this.#closing.push(() => Promise.all(this.trackers.map((tracker) => tracker.stop())));
    const announce = this.trackers.flatMap(({ url }) => ['--announce', url]);
    const serve = async (args: readonly string[]): Promise<Cli> => {
      const cli = await Cli.start([...args, '-s', 'false', ...announce]);
      this.#closing.push(() => cli.stop());
      return cli;
    };
    this.cli = await serve(['-f', this.folder, '-l']);
    if (upstream) {
      this.upstream = await Front.start(this.cli.url, { sameOrigin: true });
      this.#closing.push(() => this.upstream?.refuse());
      this.cli = await serve(['-u', `${this.upstream.url}manifest.m3u8`, '-r', '1']);
    }
    this.streamId = await waitFor('the stream’s name', async () => {
      const text = await (await fetch(new URL('manifest.m3u8', this.cli.url))).text();
      return /[?&]stream=([0-9a-f]{40})/.exec(text)?.[1];
    });
    for (const tracker of this.trackers) {
      tracker.allow(this.streamId);
      if (trackersDown) await tracker.stop();
    }
  }

  async #open({ ways = WAYS, trackersDown = false }: StageOptions): Promise<void> {
    const { apart } = this;
    const [first, ...others] = ways;
    const fronts = [
      await this.#front(this.upstream?.url ?? this.cli.url, apart),
      await this.#front(this.cli.url, apart),
    ];
    const browser = (await apart?.launch(fronts.map(({ url }) => new URL(url).origin))) ?? this.browser;
    if (apart) this.#closing.push(() => browser.close());
    this.plain = await this.#seat('plain', fronts[0] as Front, browser);
    if (first) this.seats.push(await this.#seat(first, fronts[1] as Front, browser));
    for (const way of others) this.seats.push(await this.#seat(way, await this.#front(this.cli.url), this.browser));
    if (trackersDown) return;
    await this.whole(60_000);
  }

  async #front(target: string, at?: Pick<Apart, 'host' | 'name'>): Promise<Front> {
    const front = await Front.start(target, at && { host: at.host, name: at.name });
    this.#closing.push(() => front.refuse());
    return front;
  }

  async #seat(way: Way, front: Front, browser: Browser): Promise<Seat> {
    return { way, front, browser, viewer: await this.#openAt(browser, front, way) };
  }

  async #openAt(browser: Browser, front: Front, way: Way): Promise<Viewer> {
    const viewer = await openViewer(browser, `${front.url}viewer.html?way=${way}`);
    this.#closing.push(() => viewer.close());
    await viewer.playing(30_000);
    return viewer;
  }

  /** One more viewer, who is not judged, with an origin of its own that fails so. Its `viewer` is to be closed. */
  async guest(way: Exclude<Way, 'plain'>, fault?: Fault): Promise<Seat> {
    const front = await this.#front(this.cli.url);
    front.fault = fault;
    return this.#seat(way, front, this.browser);
  }

  /** Another viewer comes in the place of one that is gone. */
  async replace(seat: Seat): Promise<void> {
    seat.viewer = await this.#openAt(seat.browser, seat.front, seat.way);
  }

  /** Lets both trackers serve this stream again, as ones that know nobody. */
  async restartTrackers(): Promise<void> {
    for (const tracker of this.trackers) {
      await tracker.stop();
      await tracker.start([this.streamId]);
    }
  }

  /** Waits until all viewers are linked. */
  linked(timeout: number): Promise<void> {
    return allLinked(this.viewers, { timeout });
  }

  /** Waits until all viewers play, are linked, and have taken from each other or given since now. */
  async whole(timeout: number): Promise<void> {
    const look = async ({ viewer }: Seat) => {
      const [{ currentTime }, { peerBytes, uploadedBytes }] = await Promise.all([viewer.playback(), viewer.stats()]);
      return { currentTime, exchanged: peerBytes + uploadedBytes };
    };
    const before = await Promise.all(this.seats.map(look));
    const deadline = Date.now() + timeout;
    await this.linked(timeout);
    await waitFor(
      'bytes between all viewers',
      async () =>
        (await Promise.all(this.seats.map(look))).every(
          ({ currentTime, exchanged }, i) =>
            currentTime > (before[i]?.currentTime ?? 0) + 0.5 && exchanged > (before[i]?.exchanged ?? 0),
        ),
      { timeout: Math.max(0, deadline - Date.now()) },
    );
  }

  /** The SHA-256 that a segment's bytes have, hex. */
  hashOf(url: string): string | undefined {
    return this.#hashes.get(basename(new URL(url).pathname));
  }

  async close(): Promise<void> {
    for (const close of this.#closing.reverse()) await close()?.catch(() => undefined);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
