import type { LoaderEvents } from '../figures/events.js';
import type { LoaderStats } from '../figures/stats.js';
import type { ReportOptions } from '../options.js';

/** The part of HTMLMediaElement that tells of stalls. */
export interface ReportedMedia {
  readonly currentTime?: number;
  readonly seeking?: boolean;
  readonly ended?: boolean;
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

/** What is reported of. */
export interface Reported {
  readonly events: Pick<LoaderEvents, 'addEventListener' | 'removeEventListener'>;
  readonly stats: () => LoaderStats;
  /** 40 hex digits. */
  readonly stream: () => string | undefined;
  readonly media: () => ReportedMedia | undefined;
  /** When the loader was started, ms. */
  readonly started: number;
  readonly now: () => number;
  /** Default: `navigator.sendBeacon`. */
  readonly send?: (url: string, text: string) => void;
}

/** Default interval, s. */
const INTERVAL = 60;

const send = (url: string, text: string): void => {
  navigator.sendBeacon(url, text);
};

/** Figures that only grow, and groups of them. */
interface Sums {
  readonly [name: string]: number | Sums;
}

const since = (sums: Sums, last: Sums): Sums =>
  Object.fromEntries(
    Object.entries(sums).map(([name, value]) => {
      const before = last[name];
      return [name, typeof value === 'number' ? value - Number(before ?? 0) : since(value, (before ?? {}) as Sums)];
    }),
  );

/** Sends what the loader did since the last time; nothing that names a viewer. */
export class Reporter {
  readonly #end = new AbortController();
  #last: Sums = {};
  #at: number;
  #late = 0;
  #stalls = 0;
  #stalledMs = 0;
  #stalledSince: number | undefined;
  #media: ReportedMedia | undefined;
  #joinedMs: number | undefined;
  #joined = false;

  constructor(
    private readonly options: ReportOptions,
    private readonly of: Reported,
  ) {
    this.#at = of.started;
    const { signal } = this.#end;
    of.events.addEventListener(
      'segment',
      ({ detail: { ms, duration } }) => {
        if (ms > duration) this.#late++;
      },
      { signal },
    );
    of.events.addEventListener('link', () => this.#join(), { signal });
    if (of.stats().links > 0) this.#join();
    this.watch();
    const timer = setInterval(() => this.report(), (options.interval ?? INTERVAL) * 1000);
    signal.addEventListener('abort', () => clearInterval(timer));
    globalThis.document?.addEventListener(
      'visibilitychange',
      () => {
        if (document.visibilityState === 'hidden') this.report();
      },
      { signal },
    );
  }

  /** The element that plays is another one. */
  watch(): void {
    const media = this.of.media();
    if (media === this.#media) return;
    for (const [type, listener] of Object.entries(this.#listeners)) {
      this.#media?.removeEventListener?.(type, listener);
      media?.addEventListener?.(type, listener);
    }
    this.#media = media;
  }

  /** Sends what there is to say. */
  report(): void {
    const { stats, stream: streamOf, now } = this.of;
    const stream = streamOf();
    const at = now();
    if (stream === undefined || at <= this.#at) return;
    this.#moves(at);
    const { segments, links, ...of } = stats();
    const { badPieces, failedLinks, trackerMessages } = of;
    const sums = {
      bytes: { peers: of.peerBytes, helper: of.helperBytes, origin: of.originBytes, uploaded: of.uploadedBytes },
      segments: {
        ...{ peers: segments.fromPeers, helper: segments.fromHelpers, origin: segments.fromOrigin },
        ...{ mixed: segments.mixed, late: this.#late },
      },
      ...{ badPieces, failedLinks, trackerMessages },
    };
    const message = {
      v: 1,
      stream,
      seconds: (at - this.#at) / 1000,
      ...since(sums, this.#last),
      stalls: this.#stalls,
      stalledMs: Math.round(this.#stalledMs),
      links,
      joinedMs: this.#joinedMs,
    };
    (this.of.send ?? send)(this.options.url, JSON.stringify(message));
    this.#at = at;
    this.#last = sums;
    this.#stalls = this.#stalledMs = 0;
    this.#joinedMs = undefined;
  }

  /** Reports once more, and no more. */
  stop(): void {
    this.report();
    this.#end.abort();
    for (const [type, listener] of Object.entries(this.#listeners)) this.#media?.removeEventListener?.(type, listener);
  }

  readonly #listeners = {
    waiting: (): void => {
      const { currentTime = 0, seeking, ended } = this.#media ?? {};
      if (currentTime === 0 || seeking || ended || this.#stalledSince !== undefined) return;
      this.#stalls++;
      this.#stalledSince = this.of.now();
    },
    playing: (): void => this.#moved(),
    pause: (): void => this.#moved(),
  };

  #moved(): void {
    this.#moves(this.of.now());
    this.#stalledSince = undefined;
  }

  /** Counts what has passed of a stall. */
  #moves(now: number): void {
    if (this.#stalledSince === undefined) return;
    this.#stalledMs += now - this.#stalledSince;
    this.#stalledSince = now;
  }

  #join(): void {
    if (this.#joined) return;
    this.#joined = true;
    this.#joinedMs = Math.round(this.of.now() - this.of.started);
  }
}
