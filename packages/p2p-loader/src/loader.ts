import type { KnownMagnets } from '@live-torrent/manifest-magnetizer';
import type { Counters } from './accounting.js';
import { Deliveries } from './deliveries.js';
import { EarlyPlaylists } from './early-playlists.js';
import { libraryStats, meshStats } from './engine-stats.js';
import { LoaderEvents, type ShadowDetail } from './events.js';
import type { FrameMedia } from './first-frame.js';
import { hex } from './hex.js';
import { hlsConfig } from './hls/hls-config.js';
import type { HlsLoaderSettings } from './hls/types.js';
import { thisDevice } from './manners/device.js';
import { UploadGate } from './manners/upload-gate.js';
import { MannersWatch, type PlayingMedia } from './manners/watch.js';
import { missingAccess } from './mesh/access.js';
import { Joining, type MeshInvitation } from './mesh/joining.js';
import { missingFeature } from './mesh/missing-feature.js';
import { defaultCacheBytes, type LoaderEnvironment, type P2PLoaderOptions } from './options.js';
import { OwnStream } from './own-stream.js';
import { type EngineOptions, P2PEngine } from './p2p-engine.js';
import { type NamedStream, PlaylistCatalog, type ReadPlaylist, readPlaylist } from './playlist-catalog.js';
import { type MediaLike, Playback } from './schedule/playback.js';
import type {
  ByteRange,
  SegmentBytes,
  SegmentRequestOptions,
  SegmentSource,
  TransferTiming,
} from './segment-source.js';
import { watchResources } from './shadow/resource-watch.js';
import { ShadowEngine } from './shadow/shadow-engine.js';
import { ShadowTally } from './shadow/shadow-tally.js';
import type { DisabledReason, LoaderStats } from './stats.js';
import { connectWorker } from './worker/connect-worker.js';

/** Loads one page's HLS segments from the stream's other viewers, and from the origin when that is faster or safer. */
export class P2PLoader extends LoaderEvents implements SegmentSource {
  readonly #options: P2PLoaderOptions;
  readonly #environment: LoaderEnvironment;
  readonly #catalog = new PlaylistCatalog();
  readonly #playback = new Playback();
  readonly #peerId: string;
  readonly #counters: Counters = { peerBytes: 0, originBytes: 0, uploadedBytes: 0, originRequests: 0, badPieces: 0 };
  readonly #upload: UploadGate;
  readonly #deliveries = new Deliveries();
  readonly #early = new EarlyPlaylists();
  readonly #ownStream: OwnStream;
  #engine: P2PEngine | undefined;
  /** In shadow mode, instead of the engine. */
  #shadow: ShadowEngine | undefined;
  readonly #shadowTally: ShadowTally | undefined;
  #reason: DisabledReason | undefined = 'not-started';
  /** The stream that the last playlist named, and its trackers. */
  #named: NamedStream | undefined;
  readonly #joining: Joining;
  #media: (MediaLike & PlayingMedia & FrameMedia) | undefined;
  #manners: MannersWatch | undefined;
  #worker: { close(): void } | undefined;
  #session = 0;

  constructor(options: P2PLoaderOptions = {}) {
    super();
    this.#options = options;
    this.#environment = {
      now: options.environment?.now ?? (() => performance.now()),
      random: options.environment?.random ?? Math.random,
      fetch: options.environment?.fetch ?? ((input, init) => fetch(input, init)),
    };
    this.#ownStream = new OwnStream(options);
    this.#shadowTally = options.shadow ? new ShadowTally() : undefined;
    this.#upload = new UploadGate(options, this.#environment.now, () =>
      queueMicrotask(() => this.#running?.uploadChanged()),
    );
    this.#joining = new Joining(
      options,
      this.#environment,
      (invitation) => this.#run(invitation),
      (error) => this.#warn(error),
    );
    this.#peerId = hex(crypto.getRandomValues(new Uint8Array(20)));
  }

  /** Starts answering for segments. Resolves when that is decided: `stats.reason` says why not. Never rejects. */
  async start(): Promise<void> {
    if (this.#manners) return;
    const session = ++this.#session;
    this.#become(missingFeature() ?? 'awaiting-consent');
    if (this.#reason !== 'awaiting-consent') return;
    const { enabled = true, serviceWorker } = this.#options;
    // Before it is allowed: what a player loads only once must not be missed.
    this.#ownStream.join();
    if (serviceWorker) this.#worker ??= connectWorker(this, serviceWorker);
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
    for (const media of this.#early.take()) this.#use(media);
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
    const { peerBytes, originBytes, uploadedBytes, originRequests, badPieces } = this.#counters;
    return {
      enabled: this.#engine !== undefined,
      reason: this.#reason,
      peerBytes: Math.round(peerBytes),
      originBytes: Math.round(originBytes),
      uploadedBytes,
      uploadPaused: this.#upload.paused,
      originRequests,
      segments: this.#deliveries.counts,
      badPieces,
      playlists: this.#catalog.loads,
      shadow: this.#shadowTally?.stats,
      ...meshStats(this.#running?.mesh),
      ...libraryStats(this.#engine?.library),
      peerId: this.#peerId,
    };
  }

  playlist(url: string, text: string): boolean {
    const known: KnownMagnets = (infoHash) => this.#engine?.library.get(infoHash) ?? this.#catalog.known(infoHash);
    const media = readPlaylist(url, text, known);
    if (this.#manners) return this.#use(media);
    const own = this.#ownStream.reserve(media);
    if (own) this.#early.keep(media, text.length);
    return own;
  }

  #use(media: ReadPlaylist): boolean {
    if (this.#manners?.off === 'asleep') this.#manners.check();
    const now = this.#environment.now();
    const seen = this.#ownStream.see(media, now);
    if (seen === 'foreign') return false;
    if (seen === 'moved') {
      if (this.#running) this.#leave('no-stream');
      this.#forgetStream();
    }
    const update = this.#catalog.update(media, now);
    if (!update) return false;
    this.#named = update.stream ?? this.#named;
    if (this.#running) this.#running.update(update.playlist, update.added, update.first);
    else this.#join();
    return true;
  }

  segmentUrls(): string[] {
    return this.#engine ? this.#catalog.segmentUrls() : [];
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
    const engine = this.#engine;
    const found = this.#catalog.lookup(url, range);
    if (found) this.#shadow?.asked(found.listed, found.playlist);
    if (!engine || !found) return undefined;
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
    if (this.#named && !this.#manners?.off) this.#joining.begin(this.#named);
  }

  #run(invitation: MeshInvitation): void {
    if (this.#running) return;
    const lack = missingAccess(invitation.access, this.#options);
    if (lack) {
      // A later playlist may name a tracker.
      if (lack === 'no-tracker') this.#joining.cancel();
      this.#become(lack);
      return;
    }
    const tally = this.#shadowTally;
    if (tally) {
      const onSegment = (detail: ShadowDetail): void => this.emit('shadow', detail);
      this.#shadow = new ShadowEngine({ ...this.#common(invitation), watch: watchResources, tally, onSegment });
    } else this.#engine = this.#createEngine(invitation);
    this.#become(this.#shadow ? 'shadow' : undefined);
    const running = this.#engine ?? this.#shadow;
    for (const playlist of this.#catalog.playlists) running?.update(playlist, playlist.segments, true);
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
    this.#running?.stop();
    this.#engine = this.#shadow = undefined;
    this.#joining.cancel();
    this.#become(reason);
  }

  #resume(): void {
    this.#become('no-stream');
    this.#join();
  }

  get #running(): P2PEngine | ShadowEngine | undefined {
    return this.#engine ?? this.#shadow;
  }

  #createEngine(invitation: MeshInvitation): P2PEngine {
    const device = globalThis.navigator as (Navigator & { deviceMemory?: number }) | undefined;
    return new P2PEngine({
      ...this.#common(invitation),
      maxCacheBytes: this.#options.maxCacheBytes ?? defaultCacheBytes(device?.deviceMemory),
      originRequest: this.#options.originRequest ?? (() => ({})),
      counters: this.#counters,
    });
  }

  /** What either engine is made with. */
  #common(invitation: MeshInvitation): Omit<EngineOptions, 'maxCacheBytes' | 'originRequest' | 'counters'> {
    return {
      peerId: this.#peerId,
      ...invitation,
      relayOnly: this.#options.relayOnly ?? false,
      environment: this.#environment,
      catalog: this.#catalog,
      playback: this.#playback,
      upload: this.#upload,
      onLink: (link, state) => this.emit('link', { id: link.id, state }),
      onWarning: (detail) => this.emit('warning', detail),
    };
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
