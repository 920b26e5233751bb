/**
 * What runs in every page before its own scripts: watches the player, the segments that hls.js gets and the
 * RTCPeerConnections. Each function is sent to the page as text, so it uses nothing from outside itself.
 */

/** One time that play stood still. */
export interface Stall {
  /** When, ms since navigation start. */
  readonly at: number;
  /** For how long, ms; grows while it lasts. */
  readonly duration: number;
  /** The media time at which it stood, s. */
  readonly currentTime: number;
}

/** One segment as the player got it. */
export interface PlayedSegment {
  /** Absolute URL. */
  readonly url: string;
  readonly mediaSequence: number;
  /** Index of the rendition. */
  readonly level: number;
  /** What it is for. */
  readonly type: 'main' | 'audio' | 'subtitle';
  /** The byte range that the player asked for, if any: from `start` to before `end`. */
  readonly range: { readonly start: number; readonly end: number } | undefined;
  /** Length, bytes. */
  readonly length: number;
  /** SHA-256 of the bytes, hex. */
  readonly sha256: string;
  /** When the player got it, ms since navigation start. */
  readonly at: number;
}

/** The life of one RTCPeerConnection; times in ms since navigation start. */
export interface PeerConnectionRecord {
  readonly created: number;
  readonly states: readonly { readonly at: number; readonly state: string }[];
}

/** What the probes collect, as `globalThis.__probes`. */
export interface Probes {
  firstPlaying: number | undefined;
  stalls: Stall[];
  segments: PlayedSegment[];
  peerConnections: PeerConnectionRecord[];
  /** Errors of hls.js, such as `levelParsingError: media sequence mismatch 3`. */
  hlsErrors: string[];
}

declare global {
  var __probes: Probes;
}

/** A stall shorter than this is a hiccup of the clock, not of the delivery, ms. */
const MIN_STALL_MS = 120;

/** Times of first play and of every stall after it. */
export function probePlayback(minStall: number): void {
  globalThis.__probes = { firstPlaying: undefined, stalls: [], segments: [], peerConnections: [], hlsErrors: [] };
  const probes = globalThis.__probes;
  let waiting: { at: number; currentTime: number } | undefined;
  let recorded = false;
  const note = (): void => {
    if (!waiting) return;
    const stall = { ...waiting, duration: performance.now() - waiting.at };
    if (stall.duration < minStall) return;
    if (recorded) probes.stalls.pop();
    probes.stalls.push(stall);
    recorded = true;
  };
  const over = (): void => {
    note();
    waiting = undefined;
    recorded = false;
  };
  setInterval(note, minStall);
  const roots: EventTarget[] = [document];
  const listeners: (readonly [string, (event: Event) => void])[] = [];
  // Media events do not bubble: the capturing phase sees those of every player, whenever it is made.
  const on = (type: string, listener: (video: HTMLVideoElement) => void): void => {
    const handle = ({ target }: Event): void => {
      if (target instanceof HTMLVideoElement) listener(target);
    };
    listeners.push([type, handle]);
    for (const root of roots) root.addEventListener(type, handle, true);
  };
  // Nor do they leave the shadow tree of a custom element.
  const attachShadow = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (init) {
    const root = attachShadow.call(this, init);
    roots.push(root);
    for (const [type, handle] of listeners) root.addEventListener(type, handle, true);
    return root;
  };
  on('playing', () => {
    probes.firstPlaying ??= performance.now();
    over();
  });
  on('waiting', ({ currentTime, seeking }) => {
    if (probes.firstPlaying !== undefined && !seeking && !waiting) waiting = { at: performance.now(), currentTime };
  });
  on('timeupdate', ({ currentTime }) => {
    if (waiting && currentTime > waiting.currentTime) over();
  });
  on('pause', over);
  on('ended', over);
}

/**
 * Hashes every segment that the hls.js instance at `globalThis.hls` is given, by a loader around the one it has: hls.js
 * has transferred the bytes to its own worker before FRAG_LOADED is sent. Notes its errors, too.
 */
export function probeSegments(): void {
  interface Context {
    readonly url: string;
    readonly rangeStart?: number;
    readonly rangeEnd?: number;
    readonly frag: {
      readonly sn: number | 'initSegment';
      readonly level: number;
      readonly type: 'main' | 'audio' | 'subtitle';
    };
  }
  interface Callbacks {
    onSuccess(response: { readonly data: ArrayBuffer }, ...rest: unknown[]): void;
  }
  interface Loader {
    load(context: Context, config: unknown, callbacks: Callbacks): void;
  }
  type LoaderClass = new (config: unknown) => Loader;
  interface HlsError {
    readonly details: string;
    readonly error: { readonly message: string };
  }
  interface HlsLike {
    readonly config: { loader: LoaderClass; fLoader?: LoaderClass };
    on(event: 'hlsError', listener: (name: string, data: HlsError) => void): void;
  }
  const record = async (context: Context, data: ArrayBuffer): Promise<void> => {
    const { url, rangeStart: start = 0, rangeEnd: end = 0 } = context;
    const { sn, level, type } = context.frag;
    if (sn === 'initSegment') return;
    const at = performance.now();
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
    const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const range = end > 0 ? { start, end } : undefined;
    const { byteLength: length } = data;
    globalThis.__probes.segments.push({ url, mediaSequence: sn, level, type, range, length, sha256, at });
  };
  const attach = (hls: HlsLike): void => {
    hls.on('hlsError', (_, { details, error }) => globalThis.__probes.hlsErrors.push(`${details}: ${error.message}`));
    const { config } = hls;
    config.fLoader = class extends (config.fLoader ?? config.loader) {
      override load(context: Context, loaderConfig: unknown, callbacks: Callbacks): void {
        super.load(context, loaderConfig, {
          ...callbacks,
          onSuccess: (response, ...rest) => {
            void record(context, response.data.slice(0));
            callbacks.onSuccess(response, ...rest);
          },
        });
      }
    };
  };
  let instance: HlsLike | undefined;
  Object.defineProperty(globalThis, 'hls', {
    configurable: true,
    get: () => instance,
    set: (hls: HlsLike | undefined) => {
      instance = hls;
      if (hls) attach(hls);
    },
  });
}

/** Records when each RTCPeerConnection was made, and each state that it took. */
export function probePeerConnections(): void {
  const Native = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = new Proxy(Native, {
    construct(target, args, newTarget): RTCPeerConnection {
      const connection: RTCPeerConnection = Reflect.construct(target, args, newTarget);
      const states: { at: number; state: string }[] = [];
      globalThis.__probes.peerConnections.push({ created: performance.now(), states });
      const note = (state: string): void => {
        if (states.at(-1)?.state !== state) states.push({ at: performance.now(), state });
      };
      connection.addEventListener('connectionstatechange', () => note(connection.connectionState));
      // No event tells of the page's own close().
      const close = connection.close.bind(connection);
      connection.close = () => {
        close();
        note('closed');
      };
      return connection;
    },
  });
}

/** Everything to give to `addInitScript`, in this order: [function, argument]. */
export const probes = [
  [probePlayback, MIN_STALL_MS],
  [probeSegments, undefined],
  [probePeerConnections, undefined],
] as const;
