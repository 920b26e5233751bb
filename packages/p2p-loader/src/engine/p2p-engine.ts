import { accounting, type Counters } from '../figures/accounting.js';
import type { WarningDetail } from '../figures/events.js';
import { GiveWay } from '../manners/give-way.js';
import type { UploadGate } from '../manners/upload-gate.js';
import type { MeshAccess } from '../mesh/access.js';
import { MAX_HASHES } from '../mesh/control.js';
import type { Link } from '../mesh/link.js';
import { Mesh } from '../mesh/mesh.js';
import type { LoaderEnvironment } from '../options.js';
import type { OriginError } from '../origin/origin-fetch.js';
import { RangeHosts } from '../origin/origin-runs.js';
import type { ListedSegment, PlaylistCatalog, PlaylistState } from '../playlists/playlist-catalog.js';
import { burdenOf } from '../schedule/burden.js';
import { isPlaying, LINK_BUSY_MS } from '../schedule/demand.js';
import { meshEnvironment } from '../schedule/mesh-environment.js';
import { Needs } from '../schedule/needs.js';
import type { Playback } from '../schedule/playback.js';
import { Scheduler } from '../schedule/scheduler.js';
import { Sessions } from '../schedule/sessions.js';
import { LinkRate } from '../segment/link-rate.js';
import { Segment } from '../segment/segment.js';
import { SegmentLibrary } from '../segment/segment-library.js';
import type { Torrents } from '../segment/torrents.js';
import { Waiters } from '../segment/waiters.js';
import type { KeptBytes, OriginRequestOf, SegmentRequestOptions } from '../segment-source.js';
import { afterFirstFrame } from './first-frame.js';
import { SwarmLoader } from './load-swarm.js';

/** The mesh is joined at the latest after this, ms. */
const JOIN_TIMEOUT_MS = 1_500;

export interface EngineOptions {
  readonly peerId: string;
  readonly stream: string;
  readonly access: MeshAccess;
  /** Asked for it anew before each further announce client. */
  readonly renew: (() => MeshAccess | Promise<MeshAccess>) | undefined;
  readonly relayOnly: boolean;
  readonly localNetwork: 'ask' | 'never' | undefined;
  readonly maxCacheBytes: number;
  readonly environment: LoaderEnvironment;
  readonly originRequest: OriginRequestOf;
  readonly catalog: PlaylistCatalog;
  readonly playback: Playback;
  readonly counters: Counters;
  readonly upload: UploadGate;
  onLink(link: Link, state: 'open' | 'closed'): void;
  onWarning(detail: WarningDetail): void;
  /** The browser makes no connections. */
  onUnable(): void;
}

/** One stream's peer-to-peer side while it runs: the mesh, the segments in memory, and the schedule between them. */
export class P2PEngine {
  readonly library: SegmentLibrary;
  readonly mesh: Mesh;
  readonly #swarm: SwarmLoader;
  #torrents: Torrents | undefined;
  readonly #scheduler: Scheduler<Segment, Sessions>;
  readonly #waiters = new Waiters();
  readonly #link = new LinkRate();
  readonly #needs: Needs<Segment>;

  constructor(private readonly options: EngineOptions) {
    const { environment, counters, peerId } = options;
    const onError = (error: Error): void => options.onWarning({ error });
    this.#swarm = new SwarmLoader((swarm) => {
      this.#torrents = new swarm.Torrents(peerId, onError);
      this.mesh.join(swarm);
    }, onError);
    this.library = new SegmentLibrary({
      maxBytes: options.maxCacheBytes,
      create: (infoHash, length) => this.#createSegment(infoHash, length),
      listedAt: (segment) => {
        for (const source of segment.sources.values()) {
          const at = options.catalog.listedAt(segment.infoHash, source.url, source.range);
          if (at !== undefined) return at;
        }
        return undefined;
      },
      inUse: (segment) => this.#needs.at(segment, environment.now()) !== undefined,
      onEvicted: (segment) => {
        this.#scheduler.forget(segment.infoHash);
        this.#needs.forget(segment.infoHash);
        if (segment.complete) this.mesh.broadcast({ t: 'lost', h: [segment.infoHash] });
      },
    });
    this.#needs = new Needs({
      now: environment.now,
      playback: options.playback,
      link: this.#link,
      segment: (infoHash) => this.library.get(infoHash),
      awaited: this.#waiters.all,
      isHinted: (segment) => this.library.isHinted(segment),
      links: () => this.mesh.links,
      viewers: () => this.mesh.swarmSize,
      catalog: options.catalog,
    });
    this.mesh = new Mesh({
      ...options,
      ...options.access,
      ...environment,
      held: () => (options.upload.open ? this.library.held() : []),
      onLink: (link) => {
        options.onLink(link, 'open');
        this.#scheduler.linksChanged();
      },
      onLinkClosed: (link) => {
        this.#scheduler.sessions.linkClosed(link);
        this.#scheduler.linksChanged(link);
        options.onLink(link, 'closed');
      },
      onMessage: (link, message) => this.#scheduler.receive(link, message),
      onStream: (link, stream) => this.#scheduler.sessions.accept(link, stream),
      onWarning: onError,
    });
    this.#swarm.start(JOIN_TIMEOUT_MS);
    const upload = new GiveWay(options.upload, {
      now: environment.now,
      isTaking: () => [...this.library.all].some((s) => s.fetching && this.#link.fetchMs(s.length) > LINK_BUSY_MS),
      uplink: this.mesh.uplink,
    });
    this.#scheduler = new Scheduler(
      {
        ...meshEnvironment(this.mesh, { ...options, upload }),
        segment: (infoHash) => this.library.get(infoHash),
        neededAt: (segment, now) => this.#needs.askBy(segment, now),
        arriveBy: (segment, neededAt, begun) => this.#needs.arriveBy(segment, neededAt, begun),
        asksLinks: (segment) => this.#needs.asksLinks(segment),
        splits: (segment) => this.#needs.splits(segment),
        maxSlack: (segment) => this.#needs.maxSlack(segment),
        asksOrigin: (segment) => this.#needs.asksOrigin(segment),
        burden: () => (this.mesh.links.size === 0 ? 0 : burdenOf(this.library.complete(), this.mesh.swarmSize)),
        hinted: (infoHash, length, after) => this.#hinted(infoHash, length, after),
      },
      (sessions) => new Sessions(sessions),
    );
    const hosts = new RangeHosts();
    this.#createSegment = (infoHash, length) =>
      new Segment(
        infoHash,
        length,
        {
          ...environment,
          torrents: () => this.#torrents,
          fetch: (input, init) => {
            counters.originRequests += 1;
            return environment.fetch(input, init);
          },
          originRequest: options.originRequest,
          hosts,
          upload,
          link: this.#link,
        },
        {
          onProgress: (segment) => {
            this.#scheduler.pieceArrived(segment);
            this.#waiters.progress(segment.infoHash);
          },
          onComplete: (segment) => this.#completed(segment),
          onOriginFailed: (segment, error) => this.#originFailed(segment, error),
          onBlock: (segment, peerId, bytes) => this.#scheduler.blockArrived(segment, peerId, bytes),
          ...accounting(counters, () => this.mesh, environment.now),
        },
      );
  }

  /** Set with the first segment. */
  #cancelJoin: (() => void) | undefined;
  #createSegment: (infoHash: string, length: number) => Segment;

  /** Takes what a reload of a playlist brought. */
  update(playlist: PlaylistState, added: readonly ListedSegment[], first: boolean): void {
    const now = this.#now();
    const wrong = this.#scheduler.gossip.judge(playlist.segments.map(({ infoHash }) => infoHash));
    for (const infoHash of wrong) this.library.disown(infoHash);
    for (const listed of playlist.segments) {
      const known = this.library.get(listed.infoHash);
      if (known) this.#list(known, listed, playlist);
    }
    this.#prepare(playlist);
    if (!first && playlist.live) this.#tell(playlist, added);
    this.library.evict(now);
    for (const segment of [...this.library.all]) if (!segment.complete) this.#scheduler.consider(segment);
  }

  /** The bytes of a listed segment, verified. Rejects with OriginError or AbortError. */
  request(
    listed: ListedSegment,
    playlist: PlaylistState,
    { signal, measured = false }: Pick<SegmentRequestOptions, 'signal' | 'measured'>,
    onProgress: (segment: Segment) => void,
  ): { readonly segment: Segment; readonly bytes: Promise<KeptBytes> } {
    const segment = this.library.ensure(listed.infoHash, listed.length);
    this.#list(segment, listed, playlist);
    this.library.dropUnfinished(this.#needs.requested(listed, playlist, measured));
    if (segment.bytes) {
      this.#loadAhead(playlist);
      return { segment, bytes: Promise.resolve(segment.bytes) };
    }
    const bytes = this.#waiters.wait(
      segment.infoHash,
      signal,
      () => onProgress(segment),
      () => {
        if (this.#needs.at(segment, this.#now()) === undefined) segment.abortFetch();
      },
    );
    this.#scheduler.consider(segment);
    this.#loadAhead(playlist);
    return { segment, bytes };
  }

  /** The upload gate opened or closed: the links are told what there is to have here now. */
  uploadChanged(): void {
    const { open } = this.options.upload;
    const hashes = open ? this.library.held() : Array.from(this.library.all, ({ infoHash }) => infoHash);
    this.#broadcast(open ? 'have' : 'lost', hashes);
    if (open) return;
    this.#scheduler.sessions.withdraw();
    for (const segment of this.library.all) segment.choke();
  }

  #broadcast(t: 'have' | 'lost', hashes: readonly string[]): void {
    for (let at = 0; at < hashes.length; at += MAX_HASHES) {
      this.mesh.broadcast({ t, h: hashes.slice(at, at + MAX_HASHES) });
    }
  }

  stop(): void {
    this.#waiters.rejectAll(new DOMException('the loader was stopped', 'AbortError'));
    this.#swarm.stop();
    this.#cancelJoin?.();
    this.#scheduler.stop();
    this.mesh.stop();
    this.library.clear();
    this.#torrents?.destroy();
  }

  #now(): number {
    return this.options.environment.now();
  }

  #list(segment: Segment, listed: ListedSegment, playlist: PlaylistState): void {
    segment.list(listed);
    this.#needs.list(segment.infoHash, playlist);
  }

  /** What the player will ask for next. */
  #prepare(playlist: PlaylistState): Segment[] {
    return this.#needs.upcoming(playlist).map((listed) => {
      const segment = this.library.ensure(listed.infoHash, listed.length);
      this.#list(segment, listed, playlist);
      return segment;
    });
  }

  #loadAhead(playlist: PlaylistState): void {
    for (const segment of this.#prepare(playlist)) if (!segment.complete) this.#scheduler.consider(segment);
  }

  /** What appeared at a live playlist's end is told on, with the segment that it follows. */
  #tell(playlist: PlaylistState, added: readonly ListedSegment[]): void {
    for (const listed of added) {
      const index = playlist.segments.indexOf(listed);
      const before = playlist.segments[index - 1];
      const segment = this.library.get(listed.infoHash);
      if (before && segment) this.#scheduler.gossip.listed(segment, before.infoHash);
    }
  }

  #hinted(infoHash: string, length: number, after: string): Segment | undefined {
    const before = this.library.get(after);
    if (!before) return undefined;
    const playlist = this.#needs.playlistOf(after);
    const next = playlist
      ? isPlaying(playlist, this.#now()) && playlist.segments.at(-1)?.infoHash === after
      : this.library.isHinted(before);
    return next ? this.library.hint(infoHash, length, this.#now()) : undefined;
  }

  #completed(segment: Segment): void {
    this.#scheduler.completed(segment);
    if (segment.bytes) this.#waiters.resolve(segment.infoHash, segment.bytes);
    this.#swarm.prepare();
    this.#cancelJoin ??= afterFirstFrame(this.options.playback.media, () => this.#swarm.start());
    const playlist = this.#needs.playlistOf(segment.infoHash);
    // Live, the next request does: a buffer that does not count this segment yet would send what follows to the origin.
    if (playlist?.live === false) this.#loadAhead(playlist);
    this.library.evict(this.#now());
  }

  #originFailed(segment: Segment, error: OriginError): void {
    this.options.onWarning({ error });
    this.#waiters.reject(segment.infoHash, error);
    this.#scheduler.originFailed(segment);
  }
}
