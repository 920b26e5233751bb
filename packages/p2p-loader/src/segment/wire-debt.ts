import type { Wire } from '../vendor/bittorrent-protocol.js';

/** Follows what was asked of the viewer at the other end of a wire, how fast it gives that, and for how long it is silent. */
export class WireDebt {
  /** Since when something is owed without a block arriving, ms. */
  #since = 0;

  /**
   * @param now ms
   * @param patience the wire ends when the viewer owes something and is silent for so long, ms
   * @param onServed it gave `bytes` after being asked for `ms`
   */
  constructor(
    private readonly wire: Wire,
    private readonly now: () => number,
    patience: number,
    private readonly onServed: (bytes: number, ms: number) => void,
  ) {
    // The wire tells of requests that come, not of those that go.
    const request = wire.request.bind(wire);
    wire.request = (...args) => {
      if (wire.requests.length === 0) this.#since = now();
      request(...args);
    };
    wire.on('piece', (_index, _offset, block) => this.#served(block.byteLength));
    wire.on('timeout', () => onServed(0, patience));
    // webtorrent's own 30 s, which outlive a live segment, are set after this.
    queueMicrotask(() => wire.setTimeout(patience, true));
  }

  /** Bytes that were asked of it and are not here. */
  get bytes(): number {
    return this.wire.requests.reduce((sum, { length }) => sum + length, 0);
  }

  #served(bytes: number): void {
    const now = this.now();
    this.onServed(bytes, now - this.#since);
    this.#since = now;
  }
}
