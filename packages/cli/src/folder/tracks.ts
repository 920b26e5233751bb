import type { FolderSegment } from './folder-segment.js';
import { mediumOf } from './folder-segment.js';
import type { SeriesChoice } from './series.js';
import { isAlike, kindOf, partTracks, type SampledSeries } from './side-by-side.js';

/** Segments of a track among which another series that comes and goes is noticed. */
const REMEMBERED = 6;

/** Segments of a folder that one rendition is made of. */
export interface Track {
  /** Short, by the names of its files; letters, digits, `-` and `_`. */
  readonly name: string;
  readonly sample: FolderSegment;
  /** Keys of its series. */
  readonly series: Set<string>;
}

/** Which track each segment of a folder belongs to. */
export class Tracks {
  /** The one that the others keep in step with comes first. */
  readonly all: readonly Track[];
  /** Keys of series that are left out, and whether it was said. */
  readonly #leftOut = new Set<string>();
  /** Keys of the last segments of each track. */
  readonly #recent = new Map<Track, string[]>();
  readonly #newest = new Map<Track, FolderSegment>();

  /** @param warn gets why a segment is left out, once for all like it */
  constructor(
    readonly choice: SeriesChoice,
    series: readonly SampledSeries[],
    readonly warn: (segment: FolderSegment, reason: string) => void,
  ) {
    const parts = partTracks(series).map((members) => ({ members, sample: sampleOf(members) }));
    const [lead, ...others] = parts.sort((a, b) => rank(a.sample) - rank(b.sample));
    const fitting = others.filter(({ members, sample }) => {
      const reason = lead && whyNotBeside(lead.members, members);
      if (reason === undefined) return true;
      for (const { key } of members) this.#leftOut.add(key);
      warn(sample, reason);
      return false;
    });
    const names = new Set<string>();
    this.all = [...(lead ? [lead] : []), ...fitting].map(({ members, sample }) => {
      const name = unusedName(trackName(members[0]?.key ?? ''), names);
      return { name, sample, series: new Set(members.map(({ key }) => key)) };
    });
  }

  /** Undefined: the segment is left out. */
  trackOf(segment: FolderSegment, live: boolean): Track | undefined {
    const key = this.choice.keyOf(segment.name) ?? segment.name;
    if (this.#leftOut.has(key)) return undefined;
    const track = this.all.find(({ series }) => series.has(key)) ?? this.#adopt(key, segment);
    if (track === undefined) return undefined;
    const recent = this.#recent.get(track) ?? [];
    const interloper = recent.at(-1);
    if (live && interloper !== undefined && interloper !== key && recent.includes(key)) {
      // A series that another has followed does not come back: the other is no part of this track.
      this.#leaveOut(interloper, segment, track);
      this.#recent.set(track, [...recent.filter((each) => each !== interloper), key]);
    } else {
      this.#recent.set(track, [...recent, key].slice(-REMEMBERED));
    }
    if ((this.#newest.get(track)?.mtimeMs ?? 0) <= segment.mtimeMs) this.#newest.set(track, segment);
    return track;
  }

  /** An encoder that starts again may give its files other names. */
  #adopt(key: string, segment: FolderSegment): Track | undefined {
    const [only, ...more] = this.all;
    if (only === undefined) return undefined;
    const candidates = more.length === 0 ? this.all : this.all.filter(({ sample }) => isAlike(sample, segment));
    if (more.length === 0 && mediumOf(segment) !== mediumOf(only.sample)) {
      this.#leftOut.add(key);
      this.warn(segment, `left out, as all ${mediumOf(segment)} of a folder with ${mediumOf(only.sample)}`);
      return undefined;
    }
    const began = segment.mtimeMs - segment.duration * 1000;
    const idle = candidates.find((track) => (this.#newest.get(track)?.mtimeMs ?? 0) <= began + 500);
    const track = more.length === 0 ? only : idle;
    if (track === undefined) this.#leaveOut(key, segment, this.all.find((each) => candidates.includes(each)) ?? only);
    else track.series.add(key);
    return track;
  }

  #leaveOut(key: string, segment: FolderSegment, beside: Track): void {
    for (const { series } of this.all) series.delete(key);
    this.#leftOut.add(key);
    this.warn(
      { ...segment, name: key },
      `left out: it is written at the same time as ${beside.name}, and was not there at the start. Start again to have both`,
    );
  }
}

function sampleOf([series]: readonly SampledSeries[]): FolderSegment {
  return series?.samples[0] as FolderSegment;
}

/** Pictures come before sound, and both before subtitles. */
function rank(sample: FolderSegment): number {
  return ['video', 'audio', 'text'].indexOf(kindOf(sample)) + (sample.container === 'aac' ? 0.5 : 0);
}

/** Why a player cannot play the second track beside the first, or change between them. */
function whyNotBeside(lead: readonly SampledSeries[], track: readonly SampledSeries[]): string | undefined {
  const [first, sample] = [sampleOf(lead), sampleOf(track)];
  if (kindOf(sample) === 'text') return `left out, as all subtitles of a folder with ${mediumOf(first)}`;
  if (!sample.timestamps || !first.timestamps) {
    return `left out, as all ${mediumOf(sample)} of a folder with ${mediumOf(first)}: without an ID3 tag for its time, nothing tells what it belongs to`;
  }
  const [x, y] = [lead, track].map((members) => members.flatMap(({ samples }) => samples)) as [
    FolderSegment[],
    FolderSegment[],
  ];
  const longest = Math.max(...[...x, ...y].map(({ duration }) => duration));
  const span = (segments: readonly FolderSegment[]) => ({
    from: Math.min(...segments.map(({ start }) => start)),
    to: Math.max(...segments.map(({ end }) => end)),
  });
  const [a, b] = [span(x), span(y)];
  const off = Math.max(
    a.from - b.to,
    b.from - a.to,
    Math.min(Math.abs(a.from - b.from), Math.abs(a.to - b.to)) - longest,
  );
  if (off <= longest) return undefined;
  return `left out: its times are ${off.toFixed(0)} s off those of ${first.name}, so that no player can change between the two. Give it a folder of its own`;
}

/** `chunk-stream0-*.m4s` is `chunk-stream0`, `720p/*.ts` is `720p`, `s_0.m3u8` is `s_0`. */
function trackName(key: string): string {
  const words = key.replace(/\.[a-z][a-z0-9]*$/i, '').split(/[^a-z0-9_]+/i);
  return (
    words
      .filter((word) => /[a-z0-9]/i.test(word))
      .map((word) => word.replace(/^_+|_+$/g, ''))
      .join('-') || 'track'
  );
}

function unusedName(name: string, used: Set<string>): string {
  let unused = name;
  for (let i = 2; used.has(unused); i++) unused = `${name}-${i}`;
  used.add(unused);
  return unused;
}
