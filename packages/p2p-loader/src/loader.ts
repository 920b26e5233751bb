import type { KnownMagnets } from '@live-torrent/manifest-magnetizer';
import { RunningEngine } from './engine/running-engine.js';
import { type Counters, noBytes, roundedBytes } from './figures/accounting.js';
import { Deliveries } from './figures/deliveries.js';
import { LoaderEvents } from './figures/events.js';
import type { DisabledReason, LoaderStats } from './figures/stats.js';
import { hlsConfig } from './hls/hls-config.js';
import type { HlsLoaderSettings } from './hls/types.js';
import { thisDevice } from './manners/device.js';
import { UploadGate } from './manners/upload-gate.js';
import { MannersWatch, type PlayingMedia } from './manners/watch.js';
import { missingAccess } from './mesh/access.js';
import { randomId } from './mesh/hex.js';
import { Joining, type MeshInvitation } from './mesh/joining.js';
import { missingFeature } from './mesh/missing-feature.js';
import {
  defaultCacheBytes,
  type LoaderEnvironment,
  type P2PLoaderOptions,
  type Role,
  readEnvironment,
  roleOf,
} from './options.js';
import { OriginRequests } from './origin/origin-requests.js';
import { Namesakes } from './playlists/namesakes.js';
import { OwnStream } from './playlists/own-stream.js';
import { type NamedStream, PlaylistCatalog, type PlaylistState } from './playlists/playlist-catalog.js';
import { isLoadedOnce, type ReadPlaylist, readPlaylist } from './playlists/read-playlist.js';
import { RecentPlaylists } from './playlists/recent-playlists.js';
import { StreamNames } from './playlists/stream-names.js';
import { type FrameMedia, type MediaLike, Playback } from './schedule/playback.js';
import type {
  ByteRange,
  SegmentBytes,
  SegmentRequestOptions,
  SegmentSource,
  TransferTiming,
} from './segment-source.js';
import { connectWorker } from './worker/connect-worker.js';
import { pageContainer } from './worker/page-container.js';

/** Loads one page's HLS segments from the stream's other viewers, and from the origin when that is faster or safer. */
export class P2PLoader extends LoaderEvents implements SegmentSource {
  readonly #options: P2PLoaderOptions;
  readonly #role: Role;
  readonly #environment: LoaderEnvironment;
  readonly #catalog = new PlaylistCatalog();
  readonly #playback = new Playback();
  readonly #peerId = randomId();
  readonly #counters: Counters = noBytes();
  readonly #upload: UploadGate;
  readonly #deliveries = new Deliveries();
  /** Those that were shown before they might be used, and that a player loads only once. */
  readonly #early = new RecentPlaylists<ReadPlaylist>();
  readonly #names = new StreamNames();
  readonly #namesakes = new Namesakes();
  readonly #originRequests: OriginRequests;
  readonly #ownStream: OwnStream;
  readonly #running: RunningEngine;
  #reason: DisabledReason | undefined = 'not-started';
  /** The stream that the last playlist named, and its trackers. */
  #named: NamedStream | undefined;
  readonly #joining: Joining;
  /** The Media Playlist of the stream that the player loaded last. */
  #shown: PlaylistState | undefined;
  #media: (MediaLike & PlayingMedia & FrameMedia) | undefined;
  #manners: MannersWatch | undefined;
  readonly #container: ServiceWorkerContainer | undefined;
  #worker: { close(): void } | undefined;
  #session = 0;
  /** The browser made no connection since the start. */
  #unable = false;

  constructor(options: P2PLoaderOptions = {}) {
    super();
    this.#options = options;
    this.#role = roleOf(options);
    this.#environment = readEnvironment(options.environment);
    this.#container = pageContainer(options.serviceWorker);
    this.#ownStream = new OwnStream(options, this.#container);
    this.#originRequests = new OriginRequests(options.originRequest);
    this.#running = new RunningEngine(options.shadow, {
      onBegun: (running) => {
        this.#become(this.#running.sharing ? undefined : 'shadow');
        for (const playlist of this.#catalog.playlists) running.update(playlist, playlist.segments, true);
      },
      onShadow: (detail) => this.emit('shadow', detail),
      onWarning: (detail) => this.emit('warning', detail),
    });
    this.#upload = new UploadGate(options, this.#environment.now, () =>
      queueMicrotask(() => this.#running.any?.uploadChanged()),
    );
    this.#joining = new Joining(
      options,
      this.#environment,
      (invitation) => this.#run(invitation),
      (error) => this.#warn(error),
    );
  }

  /** Starts answering for segments. Resolves when that is decided: `stats.reason` says why not. Never rejects. */
  async start(): Promise<void> {
    if (this.#manners) return;
    const session = ++this.#session;
    this.#unable = false;
    this.#become(missingFeature() ?? 'awaiting-consent');
    if (this.#reason !== 'awaiting-consent') return;
    const { serviceWorker } = this.#options;
    const enabled = this.#role !== 'off' && (this.#options.enabled ?? true);
    // Before it is allowed: what a player loads only once must not be missed.
    this.#ownStream.join();
    if (this.#container) {
      if (typeof serviceWorker === 'string')
        this.#container.register(serviceWorker).catch((error) => this.#warn(error));
      this.#worker ??= connectWorker(this, this.#container);
    }
    let allowed = false;
    try {
      allowed = typeof enabled === 'function' ? await enabled() : enabled;
    } catch (error) {
      this.#warn(error);
    }
    if (session !== this.#session) return;
    this.#become(allowed ? 'no-stream' : 'disabled');
    if (!allowed) return this.#disconnect();
    this.#manners = new MannersWatch(thisDevice(), this.#options, this.#environment.now, {
      onOff: (reason) => (reason ? this.#leave(reason) : this.#resume()),
      onPaused: (reason) => this.#upload.restrict(reason),
    });
    this.#manners.media = this.#media;
    const early = this.#early.all;
    this.#early.clear();
    for (const media of early) this.#use(media);
  }

  /** Leaves the mesh and answers for nothing more; requests that wait are given up to the network. `start()` resumes. */
  stop(): void {
    this.#session += 1;
    this.#disconnect();
    this.#manners?.close();
    this.#manners = undefined;
    this.#leave('stopped');
    this.#forgetStream();
    this.#early.clear();
  }

  /** For hls.js without a service worker: `new Hls({ ...loader.hlsConfig() })`. */
  hlsConfig(): HlsLoaderSettings {
    return hlsConfig(this);
  }

  /** The element that plays: its buffer tells how long peers may be waited for, and a hidden page whether it plays. */
  attachMedia(media: MediaLike & PlayingMedia & FrameMedia): void {
    this.#playback.attach(media);
    this.#media = media;
    if (this.#manners) this.#manners.media = media;
  }

  get stats(): LoaderStats {
    return {
      ...roundedBytes(this.#counters),
      ...this.#running.stats,
      reason: this.#reason,
      uploadPaused: this.#upload.paused,
      segments: this.#deliveries.counts,
      playlists: this.#catalog.loads,
      peerId: this.#peerId,
    };
  }

  playlist(url: string, text: string, requested?: string): boolean {
    this.#shown = undefined;
    const known: KnownMagnets = (hash) => this.#running.sharing?.library.get(hash) ?? this.#catalog.known(hash);
    const read = readPlaylist(url, text, known, requested, this.#catalog.reader);
    this.#namesakes.note(url, text);
    const isLinked = (to: string): boolean => this.#named?.stream === to && this.#running.stats.links > 0;
    const media = this.#names.name(read, isLinked);
    if (this.#manners) return this.#use(media, text);
    const own = this.#ownStream.reserve(media);
    if (own && isLoadedOnce(media)) this.#early.keep(media.url, media, text.length);
    return own;
  }

  held(): Promise<void> | undefined {
    return this.#shown && this.#running.sharing?.held(this.#shown);
  }

  #use(media: ReadPlaylist, text = ''): boolean {
    if (this.#manners?.off === 'asleep') this.#manners.check();
    const now = this.#environment.now();
    const seen = this.#ownStream.see(media, now);
    if (seen === 'foreign') return false;
    if (seen === 'moved') {
      if (this.#running.begun) this.#leave('no-stream');
      this.#forgetStream();
    }
    const update = this.#catalog.update(media, now);
    if (!update) return false;
    this.#named = update.stream ?? this.#named;
    if (this.#running.begun) this.#running.any?.update(update.playlist, update.added, update.first);
    else this.#join();
    this.#running.sharing?.list(update.playlist, media.from, text);
    this.#shown = update.playlist;
    return true;
  }

  segmentUrls(): string[] {
    const { sharing } = this.#running;
    return sharing ? [...this.#catalog.segmentUrls(), ...sharing.partUrls()] : [];
  }

  onSegmentUrlsChange(listener: () => void): () => void {
    const end = this.#catalog.onChange(listener);
    this.addEventListener('statechange', listener);
    return () => {
      end();
      this.removeEventListener('statechange', listener);
    };
  }

  request(
    url: string,
    range: ByteRange | undefined,
    options: SegmentRequestOptions = {},
  ): Promise<SegmentBytes> | undefined {
    this.#manners?.asked();
    const { requested = url, origin } = options;
    const engine = this.#running.sharing;
    if (requested !== url && this.#namesakes.has(url, requested)) return undefined;
    const found = this.#catalog.lookup(url, range);
    this.#originRequests.learn(url, origin);
    if (found) this.#running.asked(found.listed, found.playlist);
    if (!engine || !found) return engine?.part(url, range, options);
    const { listed, playlist } = found;
    const requestedAt = this.#environment.now();
    const { segment, bytes } = engine.request(listed, playlist, options, (it) => options.onProgress?.(it.progress));
    return bytes.then((whole) => {
      const now = this.#environment.now();
      const detail = this.#deliveries.add(segment, url, now - requestedAt);
      this.#playback.delivered(segment.duration, now);
      this.emit('segment', detail);
      const { start = requestedAt, firstByte = start, end = now } = segment.progress.timing;
      const timing: TransferTiming = { start, firstByte, end };
      return { bytes: whole, contentType: segment.contentType, timing, source: detail.source };
    });
  }

  #join(): void {
    if (this.#unable) this.#become('no-webrtc');
    else if (this.#named && !this.#manners?.off) this.#joining.begin(this.#named);
  }

  #run(invitation: MeshInvitation): void {
    if (this.#running.begun) return;
    const lack = missingAccess(invitation.access, this.#options);
    if (lack) {
      // A later playlist may name a tracker.
      if (lack === 'no-tracker') this.#joining.cancel();
      this.#become(lack);
      return;
    }
    this.#running.start({
      peerId: this.#peerId,
      ...invitation,
      relayOnly: this.#options.relayOnly ?? false,
      localNetwork: this.#options.localNetwork,
      helper: this.#role === 'helper',
      maxCacheBytes: this.#options.maxCacheBytes ?? defaultCacheBytes(),
      environment: this.#environment,
      originRequest: (url) => this.#originRequests.of(url),
      catalog: this.#catalog,
      playback: this.#playback,
      counters: this.#counters,
      upload: this.#upload,
      onLink: (link, state) => this.emit('link', { id: link.id, state }),
      onPart: (detail) => this.emit('part', detail),
      onWarning: (detail) => this.emit('warning', detail),
      onUnable: () => {
        this.#unable = true;
        this.#leave('no-webrtc');
      },
    });
  }

  #disconnect(): void {
    this.#worker?.close();
    this.#worker = undefined;
    this.#ownStream.leave();
  }

  #forgetStream(): void {
    this.#named = undefined;
    this.#catalog.clear();
  }

  /** What is on its way is given up to the network. */
  #leave(reason: DisabledReason): void {
    this.#running.stop();
    this.#joining.cancel();
    this.#become(reason);
  }

  #resume(): void {
    this.#become('no-stream');
    this.#join();
  }

  #become(reason: DisabledReason | undefined): void {
    if (this.#reason === reason) return;
    this.#reason = reason;
    this.emit('statechange', undefined);
  }

  #warn(error: unknown): void {
    this.emit('warning', { error: error instanceof Error ? error : new Error(String(error)) });
  }
}
