import { createTorrentClient } from '../vendor/webtorrent.js';
import type { SegmentContent } from './segment-content.js';
import {
  SegmentTorrent,
  type SegmentTorrentEvents,
  type SegmentTorrentInfo,
  type SegmentTorrentSettings,
} from './segment-torrent.js';

/** The torrents of one viewer's segments. */
export class Torrents {
  readonly #client: ReturnType<typeof createTorrentClient>;

  constructor(peerId: string, onError: (error: Error) => void) {
    this.#client = createTorrentClient(peerId);
    this.#client.on('error', onError);
  }

  /** See `SegmentTorrent`. */
  create(
    info: SegmentTorrentInfo,
    events: SegmentTorrentEvents,
    complete?: SegmentContent,
    settings?: SegmentTorrentSettings,
  ): SegmentTorrent {
    return new SegmentTorrent(this.#client, info, events, complete, settings);
  }

  destroy(): void {
    this.#client.destroy();
  }
}
