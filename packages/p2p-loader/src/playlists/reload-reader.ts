import {
  type KnownMagnets,
  type MagnetizedSegment,
  type MediaSegment,
  readSegments,
  type SegmentList,
} from '@live-torrent/manifest-magnetizer';
import { keepNewest } from '../keep-newest.js';

/** Playlists whose last text is remembered: those that a player reloads in turn. */
const MAX_TEXTS = 4;
/** Segments that were written anew without a change of their number, beyond which a reload is read as a whole. */
const MAX_REWRITTEN = 64;
/** A live playlist of more segments is read in parts. */
const LONG = 64;
/** Of that the first load reads so many segments, those at its end, and each reload as many before them. */
const READ_AT_ONCE = 24;
/** As much is compared at once, characters. */
const COMPARED = 1 << 16;

/** The line of a URI, as players take it: it ends a segment. */
const URI = /^[^\S\r\n]*[^\s#][^\r\n]*/gm;
/** The same, to be looked for from some place on. */
const NEXT_URI = new RegExp(URI);
/** Tags that say something of more than the one segment before whose URI they stand, and what only some take for the end of a line. */
const FAR_REACHING =
  /^[^\S\r\n]*#EXT(?:M3U|-X-(?:TARGETDURATION|MEDIA-SEQUENCE|ENDLIST|I-FRAME|STREAM-INF|DEFINE|BYTERANGE|MEDIA:|SESSION|CONTENT-STEERING|SKIP))|[\u2028\u2029]/m;

/** What some take for the end of a line, beside LF and CRLF. */
const OTHER_LINE_ENDS = /\r(?!\n)|[\u2028\u2029]/;

/** What a reader makes of a segment; undefined: it is of no use. */
export type Take<T> = (segment: MediaSegment | MagnetizedSegment) => T | undefined;

/** What was read of a Media Playlist. */
export interface Read<T> extends Omit<SegmentList, 'segments'> {
  /** What was made of its segments, in their order, `undefined` where one was of no use. */
  readonly taken: readonly (T | undefined)[];
  /** Media Sequence Number of the first one that it lists, 0 where it lists none. */
  readonly firstListed: number;
}

/** @template T what was made of a segment */
interface Reading<T> {
  readonly read: Read<T>;
  /** By segment, where its URI ends; undefined where what follows cannot be told from it. */
  readonly ends: readonly number[] | undefined;
  /** How many at its begin are not read yet. Default: none. */
  readonly unread?: number;
}

interface Remembered<T> extends Read<T> {
  readonly text: string;
  /** What its relative URIs are resolved with. */
  readonly base: string;
  readonly ends: readonly number[];
  readonly unread: number;
}

/**
 * Reads Media Playlists, and of one that is loaded again only what is new in it: a window of hours that is read as a whole takes the page's main
 * thread for many frames. Of a long one that is live players come to the end first.
 */
export class ReloadReader<T> {
  readonly #remembered = new Map<string, Remembered<T>>();

  constructor(private readonly take: Take<T>) {}

  /**
   * The same as `readSegments` has; of a long live one at first what stands at its end, and `undefined` for the segments before. Never throws.
   * @param url names the playlist
   * @param from where the text is from, after redirects
   */
  read(url: string, from: string, text: string, known?: KnownMagnets): Read<T> {
    const before = this.#remembered.get(url);
    this.#remembered.delete(url);
    const base = from.replace(/[?#].*$/s, '');
    const on = before?.base === base ? this.#readOn(before, from, text, known) : undefined;
    const { read, ends, unread = 0 } = on ?? this.#readAll(from, text, known);
    if (ends) {
      this.#remembered.set(url, { ...read, ends, unread, text, base });
      keepNewest(this.#remembered, MAX_TEXTS);
    }
    return read;
  }

  clear(): void {
    this.#remembered.clear();
  }

  /** Of a long one that is live what stands at its end. */
  #readAll(from: string, text: string, known?: KnownMagnets): Reading<T> {
    const ends = plainEnds(text);
    if (ends.length > LONG) {
      const unread = ends.length - READ_AT_ONCE;
      const taken = new Array<T | undefined>(ends.length).fill(undefined);
      const read = this.#readInto(taken, text, ends, unread, ends.length, from, known);
      if (read) return { read, ends, unread };
    }
    const { segments, ...list } = readSegments(text, from, undefined, known);
    const read = { ...list, taken: segments.map(this.take), firstListed: segments[0]?.mediaSequence ?? 0 };
    return { read, ends: ends.length === segments.length ? ends : undefined };
  }

  /** Reads the segments `[begin, end)` of a playlist into `taken`; undefined where they are not as many. */
  #readInto(
    taken: (T | undefined)[],
    text: string,
    ends: readonly number[],
    begin: number,
    end: number,
    from: string,
    known?: KnownMagnets,
  ): Read<T> | undefined {
    const before = Math.max(0, begin - 1);
    const part = text.slice(0, ends[0]) + text.slice(ends[before], ends[end - 1]);
    const { segments, ...list } = readSegments(part, from, undefined, known);
    const firstListed = segments[0]?.mediaSequence ?? 0;
    if (segments.length !== end - before) return undefined;
    for (const [i, segment] of segments.entries()) {
      const place = i > 0 ? before + i : 0;
      if (place >= begin) taken[place] = this.take({ ...segment, mediaSequence: firstListed + place });
    }
    return { ...list, taken, firstListed };
  }

  /** What follows on what was read before; undefined where that cannot be told. */
  #readOn(before: Remembered<T>, from: string, text: string, known?: KnownMagnets): Reading<T> | undefined {
    const first = uriAt(text, 0);
    if (!first) return undefined;
    const head = text.slice(0, first.end);
    const [firstSegment, ...none] = readSegments(head, from).segments;
    if (!firstSegment || none.length > 0 || before.taken.length === 0) return undefined;
    // Its place in the text that is known.
    let index = firstSegment.mediaSequence - before.firstListed;
    const slid = index;
    const uri = text.slice(first.start, first.end);
    const known0 = before.ends[index];
    if (known0 === undefined || !before.text.startsWith(uri, known0 - uri.length)) return undefined;
    const parts = [head];
    const ends = [first.end];
    const taken: (T | undefined)[] = [undefined];
    /** Places in `taken` of those that are read anew. */
    const anew = [0];
    let at = first.end;
    for (index++; index < before.ends.length; index++) {
      const start = before.ends[index - 1] as number;
      const same = commonLength(before.text, start, text, at);
      const shift = at - start;
      for (; index < before.ends.length; index++) {
        const end = before.ends[index] as number;
        if (end > start + same || !isLineEnd(text, end + shift)) break;
        ends.push(end + shift);
        taken.push(before.taken[index]);
      }
      at = ends.at(-1) as number;
      if (index === before.ends.length) break;
      const next = uriAt(text, at);
      if (!next) break;
      if (anew.length > MAX_REWRITTEN) return undefined;
      parts.push(text.slice(at, next.end));
      anew.push(taken.length);
      taken.push(undefined);
      ends.push(next.end);
      at = next.end;
    }
    parts.push(text.slice(at));
    const rest = parts.slice(1).join('');
    const ended = /\n#EXT-X-ENDLIST\s*$/.exec(rest);
    if (FAR_REACHING.test(ended ? rest.slice(0, ended.index) : rest)) return undefined;
    const { segments, ...list } = readSegments(parts.join(''), from, undefined, known);
    if (list.targetDuration !== before.targetDuration || segments.length < anew.length) return undefined;
    const tail = text.slice(at);
    for (const { index: start, 0: line } of tail.matchAll(URI)) {
      anew.push(taken.length);
      taken.push(undefined);
      ends.push(at + start + line.length);
    }
    if (anew.length !== segments.length) return undefined;
    for (const [i, place] of anew.entries()) {
      const segment = segments[i] as MediaSegment;
      taken[place] = this.take({ ...segment, mediaSequence: firstSegment.mediaSequence + place });
    }
    let unread = Math.max(0, before.unread - slid);
    if (unread > 0) {
      const begin = ended ? 0 : Math.max(0, unread - READ_AT_ONCE);
      if (!this.#readInto(taken, text, ends, begin, unread, from, known)) return undefined;
      unread = begin;
    }
    const read = { ...list, taken, firstListed: firstSegment.mediaSequence };
    return { read, ends: ended ? undefined : ends, unread };
  }
}

/** By segment, where its URI ends; none where one says something of others, or is a query alone, which would change with the playlist's own. */
function plainEnds(text: string): readonly number[] {
  if (OTHER_LINE_ENDS.test(text)) return [];
  const ends: number[] = [];
  for (let at = 0, next = 0; at < text.length; at = next + 1) {
    next = text.indexOf('\n', at);
    if (next < 0) next = text.length;
    const end = text[next - 1] === '\r' ? next - 1 : next;
    const first = text[at] as string;
    if (first === '?') return [];
    const isTag = first === '#';
    // Nearly all lines of a long one are these, and no pattern is needed for them.
    if (!isTag && first > ' ' && first < '\x7f') ends.push(end);
    else if (!(isTag && (text[at + 1] === '#' || text.startsWith('#EXTINF:', at)))) {
      const line = text.slice(at, end);
      if (line.search(URI) === 0) ends.push(end);
      else if (ends.length > 0 && FAR_REACHING.test(line)) return [];
    }
  }
  return ends;
}

/** Whether a line ends there: before LF or CR, or with the text. */
const isLineEnd = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at);
  return code === 10 || code === 13 || at === text.length;
};

/** The next URI's line. */
function uriAt(text: string, from: number): { readonly start: number; readonly end: number } | undefined {
  NEXT_URI.lastIndex = from;
  const found = NEXT_URI.exec(text);
  return found ? { start: found.index, end: found.index + found[0].length } : undefined;
}

/** How many characters are the same from there on. */
function commonLength(a: string, aFrom: number, b: string, bFrom: number): number {
  const most = Math.min(a.length - aFrom, b.length - bFrom);
  let same = 0;
  for (let step = COMPARED; step >= 1; ) {
    const length = Math.min(step, most - same);
    if (length === 0) break;
    if (a.slice(aFrom + same, aFrom + same + length) === b.slice(bFrom + same, bFrom + same + length)) same += length;
    else step = length >> 1;
  }
  return same;
}
