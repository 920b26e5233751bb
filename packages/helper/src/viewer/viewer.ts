import type { SegmentList } from '@live-torrent/manifest-magnetizer';
import { createP2PLoader, type P2PLoader } from '@live-torrent/p2p-loader';
import type { ViewingOptions } from '../options.js';
import type { LoadedPlaylist } from '../playlists/follower.js';
import type { ViewerStats } from '../stats.js';
import { isLate, SegmentQueue, wantedOf } from './wanted.js';

/** Segments of a recording that are on their way at a time. */
const AT_ONCE = 2;
/** A loader that is not ready takes this long at most until it is asked again, ms. */
const NOT_READY_MS = 1_000;

type Listed = SegmentList['segments'][number];

/** One viewer: the loader of pages, told of playlists and asked for their segments as a player would. */
export class Viewer {
  readonly #loader: P2PLoader;
  /** The last segment that was asked for, by playlist. */
  readonly #last = new Map<string, number>();
  readonly #queue = new SegmentQueue<{ readonly listed: Listed; readonly list: SegmentList; readonly since: number }>(
    (each) => this.#take(each),
  );
  #taken = 0;
  #late = 0;
  #failed = 0;
  #stopped = false;

  constructor(
    private readonly options: ViewingOptions,
    ask: () => Promise<readonly string[]>,
    onWarning: (message: string) => void,
  ) {
    const { origin } = new URL(options.url);
    const { announce, iceServers, maxUploadRate, group, groupRule } = options;
    this.#loader = createP2PLoader({
      role: options.viewers === undefined ? 'helper' : 'full',
      maxCacheBytes: options.maxBytes,
      originRequest: (url) => (new URL(url).origin === origin ? { headers: { ...options.headers } } : {}),
      ...(announce && { announce: announce === 'ask' ? ask : announce }),
      ...(iceServers && { iceServers: iceServers.map((server) => ({ ...server })) }),
      ...(maxUploadRate !== undefined && { maxUploadRate }),
      ...(group !== undefined && { group }),
      ...(groupRule !== undefined && { groupRule }),
    });
    this.#loader.addEventListener('warning', ({ detail }) => onWarning(detail.error.message));
  }

  start(): Promise<void> {
    return this.#loader.start();
  }

  /** A Multivariant Playlist, from which the loader knows what belongs together. */
  multivariant({ url, text, requested }: LoadedPlaylist): void {
    this.#loader.playlist(url, text, requested);
  }

  /** A Media Playlist, loaded for the first time or again. */
  playlist({ url, text, requested }: LoadedPlaylist, list: SegmentList): void {
    this.#loader.playlist(url, text, requested);
    const since = performance.now();
    const wanted = wantedOf(list, this.#last.get(requested), this.options.all);
    const last = list.segments.at(-1);
    if (last) this.#last.set(requested, last.mediaSequence);
    for (const listed of wanted) this.#queue.add({ listed, list, since }, list.endList ? AT_ONCE : undefined);
  }

  get stats(): ViewerStats {
    const {
      peerId,
      reason,
      peerBytes,
      helperBytes,
      outsideBytes,
      originBytes,
      uploadedBytes,
      links,
      swarmSize,
      cachedBytes,
      badPieces,
      trackerMessages,
    } = this.#loader.stats;
    return {
      ...{ peerId, reason, peerBytes, helperBytes, outsideBytes, originBytes, uploadedBytes },
      ...{ links, swarmSize, badPieces, trackerMessages },
      heldBytes: cachedBytes,
      segments: this.#taken,
      late: this.#late,
      failed: this.#failed,
    };
  }

  /** Its links hear that it leaves. */
  stop(): void {
    this.#stopped = true;
    this.#queue.clear();
    this.#loader.stop();
  }

  async #take({ listed, list, since }: { listed: Listed; list: SegmentList; since: number }): Promise<void> {
    const { url, byteRange, duration } = listed;
    if (url === undefined || !('magnet' in listed)) return;
    for (;;) {
      if (this.#stopped) return;
      const bytes = this.#loader.request(url, byteRange);
      if (bytes) {
        try {
          await bytes;
          this.#taken += 1;
          if (!list.endList && isLate(performance.now() - since, list.targetDuration, duration)) this.#late += 1;
        } catch {
          if (!this.#stopped) this.#failed += 1;
        }
        return;
      }
      // Its mesh has not begun, or the playlist has moved on.
      if (this.#loader.stats.enabled) return;
      await new Promise((resolve) => setTimeout(resolve, NOT_READY_MS));
    }
  }
}
