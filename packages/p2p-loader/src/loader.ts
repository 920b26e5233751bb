import { RunningEngine } from './engine/running-engine.js';
import { type Counters, noBytes, roundedBytes } from './figures/accounting.js';
import { Deliveries } from './figures/deliveries.js';
import { LoaderEvents } from './figures/events.js';
import type { DisabledReason, LoaderStats } from './figures/stats.js';
import { Estimates } from './hls/estimates.js';
import { hlsConfig } from './hls/hls-config.js';
import type { HlsLoaderSettings } from './hls/types.js';
import { thisDevice } from './manners/device.js';
import { UploadGate } from './manners/upload-gate.js';
import { MannersWatch, type PlayingMedia } from './manners/watch.js';
import { missingAccess } from './mesh/access.js';
import { checkGroup } from './mesh/groups.js';
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
import type { ReadPlaylist } from './playlists/read-playlist.js';
import { StreamPlaylists } from './playlists/stream-playlists.js';
import type { Reported } from './report/reporter.js';
import { Reporting } from './report/reporting.js';
import { type FrameMedia, type MediaLike, Playback } from './schedule/playback.js';
import type { ByteRange, KeptBytes, SegmentBytes, SegmentRequestOptions, SegmentSource } from './segment-source.js';
import { WorkerEnd } from './worker/worker-end.js';

/** Loads one page's HLS segments from the stream's other viewers, and from the origin when that is faster or safer. */
export class P2PLoader extends LoaderEvents implements SegmentSource {
  readonly #options: P2PLoaderOptions;
  readonly #role: Role;
  readonly #environment: LoaderEnvironment;
  readonly #estimates = new Estimates();
  readonly #playback = new Playback();
  readonly #peerId = randomId();
  readonly #counters: Counters = noBytes();
  readonly #upload: UploadGate;
  readonly #deliveries = new Deliveries();
  readonly #originRequests: OriginRequests;
  readonly #playlists: StreamPlaylists;
  readonly #running: RunningEngine;
  #reason: DisabledReason | undefined = 'not-started';
  readonly #joining: Joining;
  #media: (MediaLike & PlayingMedia & FrameMedia) | undefined;
  #manners: MannersWatch | undefined;
  readonly #worker: WorkerEnd;
  readonly #reporting: Reporting;
  #session = 0;
  /** The browser made no connection since the start. */
  #unable = false;

  constructor(options: P2PLoaderOptions = {}) {
    super();
    this.#options = options;
    this.#role = roleOf(options);
    checkGroup(options);
    this.#environment = readEnvironment(options.environment);
    this.#worker = new WorkerEnd(options.serviceWorker);
    this.#reporting = new Reporting(options.report);
    this.#playlists = new StreamPlaylists(
      options,
      this.#worker.container,
      (hash) => this.#running.sharing?.library.get(hash),
      () => this.#running.stats.links > 0,
      () => this.#running.begun && this.#leave('no-stream'),
    );
    this.#originRequests = new OriginRequests(options.originRequest);
    this.#running = new RunningEngine(options.shadow, {
      onBegun: (running) => {
        this.#become(this.#running.sharing ? undefined : 'shadow');
        for (const playlist of this.#playlists.catalog.playlists) running.update(playlist, playlist.segments, true);
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
    const enabled = this.#role !== 'off' && (this.#options.enabled ?? true);
    // Before it is allowed: what a player loads only once must not be missed.
    this.#playlists.own.join();
    this.#worker.open(this, (error) => this.#warn(error));
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
    this.#report();
    for (const media of this.#playlists.takeEarly()) this.#use(media);
  }

  /** Leaves the mesh and answers for nothing more; requests that wait are given up to the network. `start()` resumes. */
  stop(): void {
    this.#session += 1;
    this.#reporting.stop();
    this.#disconnect();
    this.#manners?.close();
    this.#manners = undefined;
    this.#leave('stopped');
    this.#playlists.forget();
  }

  /** For hls.js without a service worker: `new Hls({ ...loader.hlsConfig() })`. */
  hlsConfig(): HlsLoaderSettings {
    return hlsConfig(this, this.#estimates);
  }

  /** The element that plays: its buffer tells how long peers may be waited for, and a hidden page whether it plays. */
  attachMedia(media: MediaLike & PlayingMedia & FrameMedia): void {
    this.#playback.attach(media);
    this.#media = media;
    if (this.#manners) this.#manners.media = media;
    this.#reporting.mediaChanged();
  }

  get stats(): LoaderStats {
    return {
      ...roundedBytes(this.#counters),
      ...this.#running.stats,
      reason: this.#reason,
      uploadPaused: this.#upload.paused,
      segments: this.#deliveries.counts,
      playlists: this.#playlists.catalog.loads,
      peerId: this.#peerId,
    };
  }

  playlist(url: string, text: string, requested?: string): boolean {
    const media = this.#playlists.read(url, text, requested);
    return this.#manners ? this.#use(media, text) : this.#playlists.keep(media, text.length);
  }

  held(): Promise<void> | undefined {
    const { shown } = this.#playlists;
    return shown && this.#running.sharing?.held(shown);
  }

  segmentUrls(): string[] {
    const { sharing } = this.#running;
    return sharing ? [...this.#playlists.catalog.segmentUrls(), ...sharing.partUrls()] : [];
  }

  onSegmentUrlsChange(listener: () => void): () => void {
    const end = this.#playlists.catalog.onChange(listener);
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
    if (this.#playlists.namesOther(url, requested)) return undefined;
    const found = this.#playlists.catalog.lookup(url, range);
    this.#originRequests.learn(url, origin);
    if (found) this.#running.asked(found.listed, found.playlist);
    if (!engine || !found) return engine?.part(url, range, options);
    const { listed, playlist } = found;
    const requestedAt = this.#environment.now();
    const { segment, bytes } = engine.request(listed, playlist, options, (it) => options.onProgress?.(it.progress));
    const given = (whole: KeptBytes): SegmentBytes => {
      const now = this.#environment.now();
      const waited = now - requestedAt;
      const detail = this.#deliveries.add(segment, url, waited);
      const isLow = this.#playback.isLow(segment.duration, now);
      // A player that runs dry on a line that others use up shall not stay where it does, whatever the line could carry.
      const drains = engine.sharesLine && waited > segment.duration && isLow;
      this.#estimates.told(isLow ? 0 : 8_000 * engine.lineRate, waited / segment.duration);
      this.#playback.delivered(segment.duration, now);
      this.emit('segment', detail);
      const { start = requestedAt, firstByte = start, end = now } = drains ? {} : segment.progress.timing;
      const timing = { start, firstByte, end };
      return { bytes: whole, contentType: segment.contentType, timing, source: detail.source };
    };
    return bytes.then(given, (error) => {
      this.#estimates.told(0);
      throw error;
    });
  }

  #use(media: ReadPlaylist, text = ''): boolean {
    if (this.#manners?.off === 'asleep') this.#manners.check();
    const update = this.#playlists.take(media, this.#environment.now());
    if (!update) return false;
    if (this.#running.begun) this.#running.any?.update(update.playlist, update.added, update.first);
    else this.#join();
    this.#running.sharing?.list(update.playlist, media.from, text);
    return true;
  }

  #join(): void {
    const { named } = this.#playlists;
    if (this.#unable) this.#become('no-webrtc');
    else if (named && !this.#manners?.off) this.#joining.begin(named);
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
      catalog: this.#playlists.catalog,
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

  #report(): void {
    const { now, random } = this.#environment;
    const of: Reported = {
      ...{ events: this, started: now(), now },
      stats: () => this.stats,
      stream: () => this.#playlists.named?.stream,
      media: () => this.#media,
    };
    this.#reporting.start(of, random).catch((error) => this.#warn(error));
  }

  #disconnect(): void {
    this.#worker.close();
    this.#playlists.own.leave();
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
