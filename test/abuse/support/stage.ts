import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { allLinked } from '../../browser/support/all-linked.js';
import { openViewer } from '../../browser/support/browser.js';
import { Cli } from '../../browser/support/cli.js';
import { vodFeed } from '../../browser/support/media.js';
import { waitFor } from '../../browser/support/poll.js';
import type { Viewer } from '../../browser/support/viewer.js';
import { Front } from './front.js';
import { TrackerHost } from './tracker-host.js';
import type { Way } from './viewer-page.js';

export interface StageOptions {
  /** How each of the viewers plays, beside the plain one. */
  readonly ways?: readonly Exclude<Way, 'plain'>[];
  /** The viewers get what `live-torrent -u` makes of an upstream, the plain one that upstream itself. Default: all of them an origin of magnetized playlists. */
  readonly upstream?: boolean;
  /** Trackers that do not run when the viewers come. */
  readonly trackersDown?: boolean;
}

const WAYS: readonly Exclude<Way, 'plain'>[] = ['hls.js', 'worker', 'hls.js'];

/** One page and the origin that it has to itself. */
export interface Seat {
  readonly way: Way;
  readonly front: Front;
  viewer: Viewer;
}

/** 2 minutes in segments of a second, of 3 pieces each. */
function media(): string {
  const rendition = { name: 'low', width: 320, height: 180, kbps: 1_200 };
  return join(vodFeed({ renditions: [rendition], segmentSeconds: 1, seconds: 120 }), 'low');
}

/**
 * Viewers of one live stream, all in a mesh, and a plain player beside them; with what they need, each part of which can fail: the folder of segments, the
 * command line that serves it, an origin for each viewer, two trackers.
 */
export class Stage {
  readonly seats: Seat[] = [];
  plain!: Seat;
  readonly trackers = [new TrackerHost(), new TrackerHost()] as const;
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

  private constructor(readonly browser: Browser) {}

  static async start(browser: Browser, options: StageOptions = {}): Promise<Stage> {
    const stage = new Stage(browser);
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

  async #serve({ upstream = false, trackersDown = false }: StageOptions): Promise<void> {
    const source = media();
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
    this.plain = await this.#seat('plain', this.upstream?.url ?? this.cli.url);
    for (const way of ways) this.seats.push(await this.#seat(way, this.cli.url));
    if (trackersDown) return;
    await this.whole(60_000);
  }

  async #seat(way: Way, target: string): Promise<Seat> {
    const front = await Front.start(target);
    this.#closing.push(() => front.refuse());
    return { way, front, viewer: await this.#openAt(front, way) };
  }

  async #openAt(front: Front, way: Way): Promise<Viewer> {
    const viewer = await openViewer(this.browser, `${front.url}viewer.html?way=${way}`);
    this.#closing.push(() => viewer.close());
    await viewer.playing(30_000);
    return viewer;
  }

  /** Another viewer comes in the place of one that is gone. */
  async replace(seat: Seat): Promise<void> {
    seat.viewer = await this.#openAt(seat.front, seat.way);
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
