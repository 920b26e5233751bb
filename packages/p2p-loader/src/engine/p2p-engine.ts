import type { LowLatency } from '../low-latency.js';
import { MAX_HASHES } from '../mesh/control.js';
import type { Mesh } from '../mesh/mesh.js';
import type { ListedSegment } from '../playlists/listed-segment.js';
import type { PlaylistState } from '../playlists/playlist-catalog.js';
import type { Segment } from '../segment/segment.js';
import type { SegmentLibrary } from '../segment/segment-library.js';
import type { ByteRange, KeptBytes, SegmentBytes, SegmentRequestOptions } from '../segment-source.js';
import type { EngineOptions } from './options.js';
import { EngineParts } from './parts.js';

/** One stream's peer-to-peer side while it runs: what playlists, the player's requests and the upload gate set going. */
export class P2PEngine {
  readonly #parts: EngineParts;
  #lowLatency: LowLatency | undefined;
  #loading = false;

  constructor(private readonly options: EngineOptions) {
    this.#parts = new EngineParts(options);
  }

  get library(): SegmentLibrary {
    return this.#parts.library;
  }

  get mesh(): Mesh {
    return this.#parts.mesh;
  }

  /** Takes what a reload of a playlist brought. */
  update(playlist: PlaylistState, added: readonly ListedSegment[], first: boolean): void {
    const { library, ahead, scheduler } = this.#parts;
    const wrong = scheduler.gossip.judge(playlist.segments.map(({ infoHash }) => infoHash));
    for (const infoHash of wrong) library.disown(infoHash);
    for (const listed of playlist.segments) {
      const known = library.get(listed.infoHash);
      if (known) ahead.list(known, listed, playlist);
    }
    ahead.prepare(playlist);
    if (!first && playlist.live) this.#tell(playlist, added);
    library.evict(this.options.environment.now());
    for (const segment of [...library.all]) if (!segment.complete) scheduler.consider(segment);
  }

  /**
   * Takes the Partial Segments of a reload.
   * @param from its URL after redirects
   */
  list(playlist: PlaylistState, from: string, text: string): void {
    this.#lowLatency?.list(playlist, from, text);
    if (!this.#loading && text.includes('#EXT-X-PART:')) this.#loadLowLatency();
  }

  /** URLs of parts that it answers for. */
  partUrls(): string[] {
    return this.#lowLatency?.urls() ?? [];
  }

  /** The bytes of a part; undefined where it is none. Rejects with OriginError or AbortError. */
  part(url: string, range: ByteRange | undefined, options: SegmentRequestOptions): Promise<SegmentBytes> | undefined {
    return this.#lowLatency?.request(url, range, options);
  }

  /** Whether viewers on this side of the viewer's line share it. */
  get sharesLine(): boolean {
    return this.#parts.lines.isShared;
  }

  /** What that line carries when one of them uses it, bytes/ms; 0: not known. */
  get lineRate(): number {
    return Math.max(this.#parts.link.shown, this.#parts.lines.rate);
  }

  /** Resolves when a reload of a playlist may be given to the player; undefined: now. */
  held(playlist: PlaylistState): Promise<void> | undefined {
    return this.#parts.held.hold(playlist);
  }

  /** The bytes of a listed segment, verified. Rejects with OriginError or AbortError. */
  request(
    listed: ListedSegment,
    playlist: PlaylistState,
    { signal, measured = false }: Pick<SegmentRequestOptions, 'signal' | 'measured'>,
    onProgress: (segment: Segment) => void,
  ): { readonly segment: Segment; readonly bytes: Promise<KeptBytes> } {
    const { library, ahead, scheduler, needs, waiters } = this.#parts;
    this.#lowLatency?.asked(listed, playlist);
    const segment = ahead.take(listed, playlist);
    library.dropUnfinished(needs.requested(listed, playlist, measured));
    if (segment.bytes) {
      ahead.load(playlist);
      return { segment, bytes: Promise.resolve(segment.bytes) };
    }
    const bytes = waiters.wait(
      segment.infoHash,
      signal,
      () => onProgress(segment),
      () => {
        if (needs.at(segment, this.options.environment.now()) === undefined) segment.abortFetch();
      },
    );
    scheduler.consider(segment);
    ahead.load(playlist);
    return { segment, bytes };
  }

  /** The upload gate opened or closed: the links are told what there is to have here now. */
  uploadChanged(): void {
    const { library, scheduler } = this.#parts;
    const { open } = this.options.upload;
    const hashes = open ? library.held() : Array.from(library.all, ({ infoHash }) => infoHash);
    for (let at = 0; at < hashes.length; at += MAX_HASHES) {
      this.mesh.broadcast({ t: open ? 'have' : 'lost', h: hashes.slice(at, at + MAX_HASHES) });
    }
    if (open) return;
    scheduler.sessions.withdraw();
    for (const segment of library.all) segment.choke();
  }

  stop(): void {
    const { library, scheduler, waiters, entry, mesh, held } = this.#parts;
    this.#lowLatency?.stop();
    held.releaseAll();
    waiters.rejectAll(new DOMException('the loader was stopped', 'AbortError'));
    entry.stop();
    scheduler.stop();
    mesh.stop();
    library.clear();
    entry.destroy();
  }

  async #loadLowLatency(): Promise<void> {
    this.#loading = true;
    const { options } = this;
    const { library, ahead, entry, mesh } = this.#parts;
    try {
      const { LowLatency } = await import('../low-latency.js');
      this.#lowLatency = new LowLatency({
        ...options,
        ...options.environment,
        mesh,
        segment: (infoHash) => library.get(infoHash),
        take: (listed, playlist) => ahead.take(listed, playlist),
        onPart: (detail) => {
          entry.segmentHere();
          options.onPart(detail);
        },
      });
    } catch (error) {
      const message = `low-latency.js, which belongs beside the p2p-loader's module, did not load: ${error}`;
      options.onWarning({ error: new Error(message) });
    }
  }

  /** What appeared at a live playlist's end is told on, with the segment that it follows. */
  #tell(playlist: PlaylistState, added: readonly ListedSegment[]): void {
    const { library, scheduler } = this.#parts;
    for (const listed of added) {
      const index = playlist.segments.indexOf(listed);
      const before = playlist.segments[index - 1];
      const segment = library.get(listed.infoHash);
      if (before && segment) scheduler.gossip.listed(segment, before.infoHash);
    }
  }
}
