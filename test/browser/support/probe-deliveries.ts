/** One segment as some player of the page got it, by XMLHttpRequest or fetch. */
export interface Delivery {
  /** Absolute URL. */
  readonly url: string;
  /** Length, bytes. */
  readonly length: number;
  /** SHA-256 of the bytes, hex. */
  readonly sha256: string;
}

declare global {
  var __deliveries: Delivery[];
}

/**
 * Hashes what any player of the page gets under a URL whose path ends in `.ts`, whichever player it is. The P2P loader's own requests, which
 * are marked by a fragment, are none of a player's. Runs in the page before its scripts, sent as text.
 */
export function probeDeliveries(): void {
  globalThis.__deliveries = [];
  const isSegment = (url: string): boolean => /\.ts$/.test(new URL(url, location.href).pathname) && !url.includes('#');
  const record = async (url: string, bytes: ArrayBuffer): Promise<void> => {
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    globalThis.__deliveries.push({ url: new URL(url, location.href).href, length: bytes.byteLength, sha256 });
  };

  globalThis.XMLHttpRequest = class extends XMLHttpRequest {
    constructor() {
      super();
      // The first listener of all: players transfer the bytes to workers of their own.
      this.addEventListener('readystatechange', () => {
        if (this.readyState !== 4 || !(this.response instanceof ArrayBuffer) || !isSegment(this.responseURL)) return;
        void record(this.responseURL, this.response.slice(0));
      });
    }
  };

  const native = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const response = await native(input, init);
    const url = input instanceof Request ? input.url : String(input);
    if (response.ok && isSegment(url)) {
      const copy = response.clone();
      // A player that gives up got nothing.
      copy.arrayBuffer().then(
        (bytes) => record(url, bytes),
        () => undefined,
      );
    }
    return response;
  };
}
