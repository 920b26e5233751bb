import { libraryStats, meshStats } from '../figures/engine-stats.js';
import type { ShadowDetail, WarningDetail } from '../figures/events.js';
import type { ListedSegment } from '../playlists/listed-segment.js';
import type { PlaylistState } from '../playlists/playlist-catalog.js';
import type { ShadowEngine } from '../shadow/shadow-engine.js';
import { ShadowTally } from '../shadow/shadow-tally.js';
import type { EngineOptions } from './options.js';
import { P2PEngine } from './p2p-engine.js';

export interface RunningEngineEvents {
  /** It runs, and is told of the playlists by this. */
  onBegun(running: P2PEngine | ShadowEngine): void;
  onShadow(detail: ShadowDetail): void;
  onWarning(detail: WarningDetail): void;
}

/** The engine of the stream that is played: the one that shares, or in shadow mode the one that measures, which is loaded for that. */
export class RunningEngine {
  readonly #tally: ShadowTally | undefined;
  #running: P2PEngine | ShadowEngine | undefined;
  #wanted: EngineOptions | undefined;

  constructor(
    shadow: boolean | undefined,
    private readonly events: RunningEngineEvents,
  ) {
    if (shadow) this.#tally = new ShadowTally();
  }

  /** One runs, or is about to. */
  get begun(): boolean {
    return this.#wanted !== undefined;
  }

  get any(): P2PEngine | ShadowEngine | undefined {
    return this.#running;
  }

  get sharing(): P2PEngine | undefined {
    return this.#running instanceof P2PEngine ? this.#running : undefined;
  }

  get stats() {
    return {
      enabled: this.sharing !== undefined,
      shadow: this.#tally?.stats,
      ...meshStats(this.#running?.mesh),
      ...libraryStats(this.sharing?.library),
    };
  }

  start(parts: EngineOptions): void {
    this.#wanted = parts;
    if (this.#tally) void this.#measure(parts, this.#tally);
    else this.#begin(new P2PEngine(parts));
  }

  /** The player asks for a segment: who measures is told. */
  asked(listed: ListedSegment, playlist: PlaylistState): void {
    if (this.#tally && this.#running) (this.#running as ShadowEngine).asked(listed, playlist);
  }

  stop(): void {
    this.#running?.stop();
    this.#running = this.#wanted = undefined;
  }

  async #measure(parts: EngineOptions, tally: ShadowTally): Promise<void> {
    try {
      const { ShadowEngine, watchResources } = await import('../shadow.js');
      if (this.#wanted !== parts) return;
      const onSegment = (detail: ShadowDetail): void => this.events.onShadow(detail);
      this.#begin(new ShadowEngine({ ...parts, watch: watchResources, tally, onSegment }));
    } catch (error) {
      const message = `shadow.js, which belongs beside the p2p-loader's module, did not load: ${error}`;
      this.events.onWarning({ error: new Error(message) });
    }
  }

  #begin(running: P2PEngine | ShadowEngine): void {
    this.#running = running;
    this.events.onBegun(running);
  }
}
