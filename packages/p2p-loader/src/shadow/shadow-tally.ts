import type { ShadowDetail } from '../figures/events.js';
import type { ShadowStats } from '../figures/stats.js';
import type { ListedSegment } from '../playlists/listed-segment.js';

/** Counts what would have been. */
export class ShadowTally {
  readonly #bytes = { peers: 0, origin: 0 };
  readonly #segments = { peers: 0, origin: 0 };
  /** Bytes that would have been given to others. */
  uploadedBytes = 0;

  /** A segment would have come from there. */
  add({ url, infoHash, length }: ListedSegment, source: ShadowDetail['source']): ShadowDetail {
    this.#bytes[source] += length;
    this.#segments[source] += 1;
    return { url, infoHash, bytes: length, source };
  }

  get stats(): ShadowStats {
    return {
      peerBytes: this.#bytes.peers,
      originBytes: this.#bytes.origin,
      uploadedBytes: this.uploadedBytes,
      segments: { fromPeers: this.#segments.peers, fromOrigin: this.#segments.origin },
    };
  }
}
