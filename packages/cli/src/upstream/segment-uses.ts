import type { SegmentList } from '@live-torrent/manifest-magnetizer';
import { LRUCache } from '../vendor/lru-cache.js';

/** Media Playlists that are remembered. */
const MAX_PLAYLISTS = 1000;
/** Segments of one Media Playlist whose numbers are remembered: more than arrive while one of them is kept. */
const MAX_SEGMENTS = 1_000;
/** A cache may have an older playlist by a reload or so; an encoder that restarts goes back further, segments. */
const STALE_BY = 1;
/** A live playlist that is under way lists no fewer segments (RFC 8216 §6.2.2): one that does has just begun, or begun again. */
const UNDER_WAY = 3;

interface Uses {
  /** Media Sequence Numbers by URL. */
  readonly numbers: LRUCache<string, number>;
  /** The newest Media Sequence Number. */
  newest: number;
  /** How often the numbers have gone back. */
  restarts: number;
}

/**
 * Notices in the successive loads of a Media Playlist that a URL stands for another segment: by another Media Sequence
 * Number (rings of names), or because the encoder has restarted and its numbers have gone back.
 */
export class SegmentUses {
  readonly #playlists = new LRUCache<string, Uses>({ max: MAX_PLAYLISTS });

  /**
   * @param playlist Names the Media Playlist.
   * @param rewritten Whether the upstream says that it is another one than before, though the text may be the same.
   * @returns the URLs that may have other bytes than before
   */
  update(playlist: string, { mediaSequence, segments }: SegmentList, rewritten = false): string[] {
    if (segments.length === 0) return [];
    const uses = this.#playlists.get(playlist) ?? {
      numbers: new LRUCache<string, number>({ max: MAX_SEGMENTS }),
      newest: -1,
      restarts: 0,
    };
    this.#playlists.set(playlist, uses);
    const newest = mediaSequence + segments.length - 1;
    const { newest: before } = uses;
    // What was only an older playlist costs these few segments another reading.
    const begunAgain = segments.length < UNDER_WAY && (newest < before || (rewritten && newest === before));
    const restarted = newest < before - STALE_BY || begunAgain;
    if (restarted) uses.restarts++;
    uses.newest = restarted ? newest : Math.max(uses.newest, newest);
    const renewed = restarted ? [...uses.numbers.keys()] : [];
    if (restarted) uses.numbers.clear();
    // A single file holds all of them: byte ranges tell its segments apart.
    for (const { url, byteRange, mediaSequence } of segments) {
      if (url === undefined || byteRange !== undefined) continue;
      const known = uses.numbers.get(url);
      uses.numbers.set(url, mediaSequence);
      if (known !== undefined && known !== mediaSequence) renewed.push(url);
    }
    return renewed;
  }

  /** Names a resource that the playlist names in memories, which a restart of the encoder outdates. */
  idOf(playlist: string, url: string): string {
    const restarts = this.#playlists.get(playlist)?.restarts ?? 0;
    return restarts === 0 || url === playlist ? url : `${url} ${restarts}`;
  }
}
