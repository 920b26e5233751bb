import type { FolderSegment } from './folder-segment.js';
import type { Series } from './series.js';

/** A series, and what some of its segments are. */
export interface SampledSeries extends Series {
  /** The first, the second and the last segment, as far as there are that many. */
  readonly samples: readonly FolderSegment[];
}

/** What a track is for: players choose one video, and sound or text for it. */
export type Kind = 'video' | 'audio' | 'text';

export function kindOf({ container, makeup }: FolderSegment): Kind {
  if (container === 'vtt') return 'text';
  return makeup.video === undefined ? 'audio' : 'video';
}

/**
 * Whether two series are tracks of one feed, played at the same time, and not two parts of it, one after the other: they are of
 * different kinds, were written in turns, or have the same times from their first to their last segment.
 */
export function areSideBySide(a: SampledSeries, b: SampledSeries): boolean {
  const [x, y] = [a.samples[0], b.samples[0]];
  if (x === undefined || y === undefined) return false;
  return kindOf(x) !== kindOf(y) || inTurns(a, b, x) || inTurns(b, a, y) || haveSameTimes(a, b);
}

/**
 * Whether the series counts by the right number: one segment comes after the other. Else it holds tracks, as `0-video`, `0-sound`.
 */
export function isSequence({ samples: [first, second] }: SampledSeries): boolean {
  if (first === undefined || second === undefined) return true;
  if (kindOf(first) !== kindOf(second)) return false;
  return !(first.timestamps && second.timestamps && overlap(first, second));
}

/** Series that follow each other are one track; the tracks in the order of their names. */
export function partTracks(series: readonly SampledSeries[]): SampledSeries[][] {
  const anyBeside = series.some((a, i) => series.slice(i + 1).some((b) => areSideBySide(a, b)));
  if (!anyBeside) return series.length === 0 ? [] : [[...series]];
  const tracks: SampledSeries[][] = [];
  for (const each of series) {
    const [sample] = each.samples;
    if (sample === undefined) continue;
    const track = tracks.find((members) =>
      members.every((other) => !areSideBySide(other, each) && isAlike(other.samples[0] as FolderSegment, sample)),
    );
    if (track === undefined) tracks.push([each]);
    else track.push(each);
  }
  return tracks;
}

/** Whether one may follow the other in a rendition. */
export function isAlike(a: FolderSegment, b: FolderSegment): boolean {
  const { video, audio } = a.makeup;
  return (
    kindOf(a) === kindOf(b) &&
    video?.width === b.makeup.video?.width &&
    video?.height === b.makeup.video?.height &&
    (audio === undefined) === (b.makeup.audio === undefined)
  );
}

/** Whether a segment of `b` was written between two of `a`, as fast as they play: copying is faster. */
function inTurns(a: Series, b: Series, { duration }: FolderSegment): boolean {
  const [times, others] = [a, b].map(({ files }) => files.map(({ mtimeMs }) => mtimeMs).sort((x, y) => x - y)) as [
    number[],
    number[],
  ];
  let at = 0;
  return times.some((time, i) => {
    const next = times[i + 1];
    if (next === undefined || next - time < (duration * 1000) / 4) return false;
    while ((others[at] ?? Number.POSITIVE_INFINITY) < time) at++;
    return (others[at] ?? Number.POSITIVE_INFINITY) < next;
  });
}

function haveSameTimes(a: SampledSeries, b: SampledSeries): boolean {
  const [x, y] = [a.samples.at(-1), b.samples.at(-1)];
  const [first, second] = [a.samples[0], b.samples[0]];
  if (x === undefined || y === undefined || first === undefined || second === undefined) return false;
  if (a.files.length < 2 || b.files.length < 2) return false;
  return x.timestamps && y.timestamps && overlap(first, second) && overlap(x, y);
}

/** Whether the two have more than half of the shorter one in common. */
function overlap(a: FolderSegment, b: FolderSegment): boolean {
  const common = Math.min(a.end, b.end) - Math.max(a.start, b.start);
  return common > Math.min(a.end - a.start, b.end - b.start) / 2;
}
