import { shadowStream } from '@live-torrent/manifest-magnetizer';
import { listedUrl } from '@live-torrent/sw-proxy/protocol';
import { SwarmLoader } from '../entry/load-swarm.js';
import type { StreamOptions } from '../entry/stream-options.js';
import type { ShadowDetail } from '../figures/events.js';
import { MAX_HASHES } from '../mesh/control.js';
import { Mesh } from '../mesh/mesh.js';
import type { ListedSegment } from '../playlists/listed-segment.js';
import type { PlaylistState } from '../playlists/playlist-catalog.js';
import { MAX_SLACK_MS, neededAt, noteRequest, upcoming } from '../schedule/demand.js';
import { meshEnvironment } from '../schedule/mesh-environment.js';
import { Scheduler } from '../schedule/scheduler.js';
import type { Resource } from './resource-watch.js';
import { ShadowSegment } from './shadow-segment.js';
import { ShadowSessions } from './shadow-sessions.js';
import type { ShadowTally } from './shadow-tally.js';

/** The origin's time for a segment before one was measured, ms; and how far the last one counts. */
const ORIGIN_TIME_MS = 300;
const LAST_WEIGHT = 0.3;
/** Segments planned at most: the oldest is forgotten. */
const MAX_PLANNED = 256;

export interface ShadowOptions extends StreamOptions {
  readonly watch: (onResource: (resource: Resource) => void) => () => void;
  readonly tally: ShadowTally;
  onSegment(detail: ShadowDetail): void;
}

/**
 * Plays through what viewers would have exchanged: the same mesh, announcements and timers, between viewers of the same
 * kind, without a byte of media. The page's own requests are watched, and not touched.
 */
export class ShadowEngine {
  readonly mesh: Mesh;
  readonly #scheduler: Scheduler<ShadowSegment, ShadowSessions>;
  readonly #segments = new Map<string, ShadowSegment>();
  readonly #swarm: SwarmLoader;
  readonly #endWatch: () => void;
  #originTime = ORIGIN_TIME_MS;

  constructor(private readonly options: ShadowOptions) {
    const { upload } = options;
    this.#swarm = new SwarmLoader(
      (swarm) => this.mesh.join(swarm),
      (error) => options.onWarning({ error }),
    );
    this.mesh = new Mesh({
      ...options,
      ...options.access,
      ...options.environment,
      stream: shadowStream(options.stream),
      held: () => (upload.open ? this.#held() : []),
      onLink: (link) => {
        options.onLink(link, 'open');
        this.#scheduler.linksChanged();
      },
      onLinkClosed: (link) => {
        this.#scheduler.linksChanged(link);
        options.onLink(link, 'closed');
      },
      onMessage: (link, message) => this.#scheduler.receive(link, message),
      onStream: () => false,
      onWarning: (error) => options.onWarning({ error }),
    });
    this.#scheduler = new Scheduler(
      {
        ...meshEnvironment({ mesh: this.mesh, upload }, options),
        segment: (infoHash) => this.#segments.get(infoHash),
        dueAt: (segment) => segment.neededAt,
        maxSlack: () => MAX_SLACK_MS,
        asksOrigin: (segment) => segment.live || segment.asked,
        hinted: () => undefined,
      },
      (sessions) => new ShadowSessions(sessions, upload, options.tally),
    );
    this.#endWatch = options.watch((resource) => this.#got(resource));
  }

  /** Takes what a reload of a playlist brought. */
  update(playlist: PlaylistState): void {
    this.#planAhead(playlist);
    for (const [infoHash, { listed }] of this.#segments) {
      const gone = this.options.catalog.listedAt(infoHash, listed.url, listed.range) === undefined;
      if (gone || this.#segments.size > MAX_PLANNED) this.#forget(infoHash);
    }
  }

  /** The player asks for a segment. */
  asked(listed: ListedSegment, playlist: PlaylistState): void {
    const { playback, environment } = this.options;
    const now = environment.now();
    noteRequest(playlist, listed, playback, now);
    // What it had not planned for is needed at once: a start, or a seek.
    const segment = this.#plan(listed, playlist, now);
    if (!segment.asked) playback.delivered(listed.duration, now);
    segment.asked = true;
    this.#planAhead(playlist);
    this.#swarm.start();
  }

  uploadChanged(): void {
    const held = this.#held().slice(-MAX_HASHES);
    this.mesh.broadcast(this.options.upload.open ? { t: 'have', h: held } : { t: 'lost', h: held });
  }

  stop(): void {
    this.#swarm.stop();
    this.#endWatch();
    for (const infoHash of [...this.#segments.keys()]) this.#forget(infoHash);
    this.#scheduler.stop();
    this.mesh.stop();
  }

  /** The page got a file: when it is a segment, the player is that far. */
  #got({ url, duration }: Resource): void {
    const { catalog } = this.options;
    const found = catalog.lookup(listedUrl(catalog.segmentUrls(), url) ?? url, undefined);
    if (!found) return;
    this.#originTime += LAST_WEIGHT * (duration - this.#originTime);
    this.asked(found.listed, found.playlist);
  }

  #held(): string[] {
    return [...this.#segments.values()].filter(({ complete }) => complete).map(({ infoHash }) => infoHash);
  }

  #planAhead(playlist: PlaylistState): void {
    const now = this.options.environment.now();
    const left = this.options.playback.left(now);
    const isHere = (infoHash: string): boolean => this.#segments.get(infoHash)?.complete ?? false;
    for (const next of upcoming(playlist, now, isHere)) {
      const at = neededAt(playlist, next.infoHash, now, left, { isHere, isAwaited: () => false, fetchMs: () => 0 });
      if (at !== undefined) this.#plan(next, playlist, at);
    }
  }

  #plan(listed: ListedSegment, playlist: PlaylistState, at: number): ShadowSegment {
    const known = this.#segments.get(listed.infoHash);
    if (known) return known;
    const segment = new ShadowSegment(
      listed,
      at,
      playlist.live,
      () => this.#originTime,
      (done, from) => {
        this.options.onSegment(this.options.tally.add(done.listed, from));
        this.#scheduler.completed(done);
      },
    );
    this.#segments.set(listed.infoHash, segment);
    this.#scheduler.consider(segment);
    return segment;
  }

  #forget(infoHash: string): void {
    const segment = this.#segments.get(infoHash);
    this.#segments.delete(infoHash);
    this.#scheduler.forget(infoHash);
    if (!segment) return;
    segment.destroy();
    if (segment.complete) this.mesh.broadcast({ t: 'lost', h: [infoHash] });
  }
}
