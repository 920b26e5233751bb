import type { ListedSegment } from '../playlists/listed-segment.js';
import type { PlaylistState } from '../playlists/playlist-catalog.js';
import { isPlaying } from '../schedule/demand.js';
import type { Needs } from '../schedule/needs.js';
import type { Segment } from '../segment/segment.js';
import type { SegmentLibrary } from '../segment/segment-library.js';

/** Whom it asks, and tells. */
export interface AheadParts {
  readonly library: Pick<SegmentLibrary, 'get' | 'ensure' | 'hint' | 'isHinted'>;
  readonly needs: Pick<Needs<Segment>, 'list' | 'upcoming' | 'playlistOf'>;
  readonly scheduler: { consider(segment: Segment): void };
}

/** Which segments are taken up before the player asks for them: those that its playlist lists next, and those that links name before it does. */
export class Ahead {
  constructor(
    private readonly parts: AheadParts,
    private readonly now: () => number,
  ) {}

  /** A playlist lists a segment that is known. */
  list(segment: Segment, listed: ListedSegment, playlist: PlaylistState): void {
    segment.list(listed);
    this.parts.needs.list(segment.infoHash, playlist);
  }

  /** The segment that a playlist lists: it counts as no link's word any more. */
  take(listed: ListedSegment, playlist: PlaylistState): Segment {
    const segment = this.parts.library.ensure(listed.infoHash, listed.length);
    this.list(segment, listed, playlist);
    return segment;
  }

  /** What the player will ask a playlist for next can be told of, and given. */
  prepare(playlist: PlaylistState): Segment[] {
    return this.parts.needs.upcoming(playlist).map((listed) => this.take(listed, playlist));
  }

  /** And it is loaded. */
  load(playlist: PlaylistState): void {
    for (const segment of this.prepare(playlist)) if (!segment.complete) this.parts.scheduler.consider(segment);
  }

  /** A segment is here: what follows is loaded. */
  completed({ infoHash }: Segment): void {
    const playlist = this.parts.needs.playlistOf(infoHash);
    // After those who waited for it have it, and it counts as buffered: else what follows would be sent for to the origin.
    if (playlist) setTimeout(() => this.load(playlist));
  }

  /** A link says that this segment follows `after`. Returns it when it is to be prepared. */
  hinted(infoHash: string, length: number, after: string): Segment | undefined {
    const { library, needs } = this.parts;
    const before = library.get(after);
    if (!before) return undefined;
    const now = this.now();
    const playlist = needs.playlistOf(after);
    const next = playlist
      ? isPlaying(playlist, now) && playlist.segments.at(-1)?.infoHash === after
      : library.isHinted(before);
    return next ? library.hint(infoHash, length, now) : undefined;
  }
}
