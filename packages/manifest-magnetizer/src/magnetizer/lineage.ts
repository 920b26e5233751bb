import { matchNames, type NameMatch } from './match-names.js';
import type { PlaylistVersion } from './playlist-version.js';

/** What a URL and byte range in a playlist stand for. */
export interface Resource {
  /** The URL, and the byte range, as listed last. */
  name: string;
  readonly firstName: string;
  readonly key: string;
  generation: number;
}

/** A segment in its place. */
interface Slot {
  readonly resource: Resource;
  /** A Media Sequence Number where these can be trusted; else it counts on where they do not. */
  readonly place: number;
  duration: number;
  /** By EXT-X-PROGRAM-DATE-TIME, ms; NaN where nothing tells. */
  date: number;
}

/** A version that is the one before, without some of its first segments and with others after its last. */
export interface Continuation {
  /** How many of the segments that it lists were listed before: its first. */
  readonly overlap: number;
  /** Of these. */
  readonly resources: readonly Resource[];
}

/** How a version goes on with a lineage. */
export interface Fit {
  readonly lineage: Lineage;
  /** The lineage knows a segment of the version. */
  readonly found: boolean;
  /** It ends before the lineage did: the encoder has started again, or another one has taken over. */
  readonly back: boolean;
  /** All of it comes after the lineage's end. */
  readonly ahead: boolean;
  /** The place of its last segment. */
  readonly last: number;
  /** Media Sequence Numbers plus this are places. */
  readonly offset: number;
  /** What the lineage knows of the version's names. */
  readonly known: ReadonlyMap<string, Resource>;
  /** Of the names now, those that may be of another resource. */
  readonly moved: ReadonlySet<string>;
}

/** A cache may have an older playlist by a reload or so; an encoder that restarts goes back further, segments. */
const STALE_BY = 1;
/** A live playlist that is under way lists no fewer segments (RFC 8216 §6.2.2): one that does has just begun, or begun again. */
const UNDER_WAY = 3;
/** Segments that are remembered after they have left the playlist. */
const MAX_LEFT = 100;
/** The newest names that are found again after their tokens have changed: a comparison of all takes seconds in a very long playlist. */
const MAX_CHANGED = 5_000;
/** The last that have left, which an older playlist lists again, with other tokens. */
const LOOKED_BACK = 3;
/** A name that stands in more places than this, as a slate does, says nothing of where the others are: it may be compared with itself all over. */
const MAX_PLACES = 32;
/** A folder in the URLs that has changed so often, while the segments went on, is a token. */
const TOKEN_AFTER = 2;
/** EXTINF has changed, s: more than another rounding. */
const OTHER_DURATION = 0.002;
/**
 * A segment's date has changed by this share of what the playlist listed: an encoder that starts again after all of that is further off, and dates
 * that are reckoned anew for each version are not.
 */
const OTHER_DATE = 0.75;

/** The versions of a playlist that one source made: each goes on where the one before ended. */
export class Lineage {
  /** In the order of their places: what has left the playlist lately, then what it lists. */
  #slots: Slot[] = [];
  /** By the names that the resources had then. */
  #names = new Map<string, Slot[]>();
  #places = new Map<number, Slot>();
  #offset = 0;
  #mediaSequence = Number.NEGATIVE_INFINITY;
  /** Segments that the last whole version listed. */
  #length = 0;
  /** Of these, ms. */
  #duration = 0;
  #moves = 0;
  /** The last place. */
  newest = Number.NEGATIVE_INFINITY;
  /** Its Media Sequence Numbers can be trusted: they go on. */
  isNumbered = false;

  get resources(): Resource[] {
    return this.#slots.map(({ resource }) => resource);
  }

  /** @param names of the version's segments, in their order */
  fit(version: PlaylistVersion, names: readonly string[], rewritten: boolean): Fit {
    const { segments, mediaSequence, endList } = version;
    const numbers = segments.map((segment) => segment.mediaSequence);
    const exact = this.#offsetFor(version, names, numbers, (name) => this.#names.get(name));
    const changed = this.#changedNames(names);
    const slotsOf = (name: string) => this.#names.get(changed.get(name)?.before ?? name);
    const offset = exact ?? this.#offsetFor(version, names, numbers, slotsOf) ?? this.#offset;
    const known = new Map<string, Resource>();
    const moved = new Set<string>();
    for (const [i, name] of names.entries()) {
      const slots = slotsOf(name) ?? [];
      const match = changed.get(name);
      // A name with other tokens is the same one only in the same place.
      const isSame = !match || this.#isAt((numbers[i] as number) + offset, slots[0]?.resource);
      if (slots[0] && isSame) known.set(name, slots[0].resource);
      if (match?.moved && isSame) moved.add(name);
    }

    const first = (numbers[0] as number) + offset;
    const last = names.length - 1;
    const lastName = names[last] as string;
    const lastPlace = (numbers[last] as number) + offset;
    const lastPlaces = known.has(lastName) ? (slotsOf(lastName) ?? []).map(({ place }) => place) : [];
    const still = lastPlaces.includes(lastPlace) ? [] : lastPlaces.filter((place) => place >= first);
    const reached = Math.max(lastPlace, ...still);
    const isShort = segments.length < UNDER_WAY && numbers[0] === mediaSequence && !endList;
    const shrunk = mediaSequence === this.#mediaSequence && segments.length < this.#length;
    const begunAgain = isShort && (reached < this.newest || shrunk || (rewritten && reached === this.newest));
    return {
      lineage: this,
      found: known.size > 0,
      back: begunAgain || reached < this.newest - STALE_BY || mediaSequence < this.#mediaSequence - STALE_BY,
      ahead: first > this.newest,
      last: reached,
      offset,
      known,
      moved,
    };
  }

  /**
   * Whether a version plainly goes on with the last one, as nearly all do: what both list has the same names in the same places, each once, with
   * the same durations and dates. Nothing changes by the question; for the answers `fit` has otherwise, this one takes a hundredth of the time.
   */
  continuation({ segments, mediaSequence }: PlaylistVersion, names: readonly string[]): Continuation | undefined {
    const first = segments[0]?.mediaSequence;
    const isWhole = first === mediaSequence && mediaSequence >= this.#mediaSequence && segments.length >= UNDER_WAY;
    if (!isWhole || this.#names.size !== this.#slots.length) return undefined;
    const at = this.#places.get(mediaSequence + this.#offset);
    const from = at === undefined ? -1 : this.#slots.indexOf(at);
    const overlap = this.#slots.length - from;
    if (from < 0 || overlap > segments.length) return undefined;
    const dates = datesOf({ segments });
    const tolerance = OTHER_DATE * this.#duration;
    for (let i = 0; i < overlap; i++) {
      const { resource, place, duration, date } = this.#slots[from + i] as Slot;
      const { mediaSequence: number, duration: present } = segments[i] as PlaylistVersion['segments'][number];
      const isSame = resource.name === names[i] && place === number + this.#offset;
      if (!isSame || Math.abs(duration - present) > OTHER_DURATION) return undefined;
      if (Math.abs(date - (dates[i] as number)) > tolerance) return undefined;
    }
    return { overlap, resources: this.#slots.slice(from).map(({ resource }) => resource) };
  }

  /**
   * Goes on with a version that plainly does.
   * @param added resources of those of its segments that were not listed before
   * @returns resources that are not remembered any more
   */
  goOn(version: PlaylistVersion, { overlap }: Continuation, added: readonly Resource[]): Resource[] {
    const { segments, mediaSequence } = version;
    const dates = datesOf(version);
    const from = this.#slots.length - overlap;
    for (let i = 0; i < overlap; i++) {
      const slot = this.#slots[from + i] as Slot;
      slot.duration = (segments[i] as PlaylistVersion['segments'][number]).duration;
      slot.date = dates[i] as number;
    }
    const forgotten = this.#slots.slice(0, Math.max(0, from - MAX_LEFT));
    for (const { resource, place } of forgotten) {
      this.#names.delete(resource.name);
      if (this.#places.get(place)?.resource === resource) this.#places.delete(place);
    }
    this.#slots = this.#slots.slice(forgotten.length);
    for (const [i, resource] of added.entries()) {
      const segment = segments[overlap + i] as PlaylistVersion['segments'][number];
      const place = segment.mediaSequence + this.#offset;
      const slot = { resource, place, duration: segment.duration, date: dates[overlap + i] as number };
      this.#slots.push(slot);
      this.#places.set(place, slot);
      this.#names.set(resource.name, [slot]);
    }
    this.#listed(version);
    this.newest = mediaSequence + segments.length - 1 + this.#offset;
    return forgotten.map(({ resource }) => resource);
  }

  /**
   * Goes on with a version.
   * @param resources of its segments, in their order
   * @returns those that are used for another segment than before
   */
  take(version: PlaylistVersion, resources: readonly Resource[], fit: Fit | undefined): Set<Resource> {
    const { segments, mediaSequence } = version;
    const offset = fit?.offset ?? 0;
    const dates = datesOf(version);
    const slots = segments.map((segment, i) => ({
      resource: resources[i] as Resource,
      place: segment.mediaSequence + offset,
      duration: segment.duration,
      date: dates[i] as number,
    }));
    const renewed = this.#otherUses(slots);
    if (fit && fit.moved.size > 0 && this.#moves++ < TOKEN_AFTER) {
      for (const { resource } of slots) if (fit.moved.has(resource.name)) renewed.add(resource);
    }
    const [first, last] = [slots[0] as Slot, slots.at(-1) as Slot];
    const isStale = last.place < this.newest && this.#slots.at(-1)?.resource !== last.resource;
    const left = this.#slots.filter(({ place }) => place < first.place);
    const listed = left.filter(({ place }) => place >= mediaSequence + offset);
    const later = isStale ? this.#slots.filter(({ place }) => place > last.place) : [];
    this.#slots = [...left.slice(-Math.max(MAX_LEFT, listed.length)), ...slots, ...later];
    this.#places = new Map(this.#slots.map((slot) => [slot.place, slot]));
    this.#names = new Map();
    for (const slot of this.#slots) append(this.#names, slot.resource.name, slot);
    this.#offset = offset;
    if (isStale) return renewed;
    this.newest = last.place;
    this.#listed(version);
    return renewed;
  }

  #listed({ segments, mediaSequence }: PlaylistVersion): void {
    this.isNumbered ||= mediaSequence > (this.#length === 0 ? segments.length : this.#mediaSequence);
    this.#mediaSequence = mediaSequence;
    if (segments[0]?.mediaSequence === mediaSequence) {
      this.#length = segments.length;
      this.#duration = segments.reduce((sum, { duration }) => sum + duration * 1000, 0);
    }
  }

  #isAt(place: number, resource: Resource | undefined): boolean {
    return resource !== undefined && this.#places.get(place)?.resource === resource;
  }

  /** By what the version's numbers differ from places: by what they did before, unless its names say otherwise. */
  #offsetFor(
    { mediaSequence }: PlaylistVersion,
    names: readonly string[],
    numbers: readonly number[],
    slotsOf: (name: string) => readonly Slot[] | undefined,
  ): number | undefined {
    const votes = new Map<number, number>();
    let isKept = false;
    for (const [i, name] of names.entries()) {
      const slots = slotsOf(name) ?? [];
      const number = numbers[i] as number;
      isKept ||= this.#isAt(number + this.#offset, slots[0]?.resource);
      if (slots.length > MAX_PLACES) continue;
      for (const { place } of slots) votes.set(place - number, (votes.get(place - number) ?? 0) + 1);
    }
    const agreeing = votes.get(this.#offset) ?? 0;
    const isConstant = mediaSequence === this.#mediaSequence;
    if (votes.size === 0 || (isKept && !isConstant)) return isKept ? this.#offset : undefined;
    const [offset, most] = [...votes].reduce((a, b) => (b[1] > a[1] ? b : a));
    if (most <= agreeing) return this.#offset;
    // In a ring of names, one comes again after as many segments as there are names, and no sooner.
    const isNoRing = mediaSequence > this.#mediaSequence && Math.abs(offset - this.#offset) < new Set(names).size;
    return isConstant || isNoRing ? offset : undefined;
  }

  /** Names that the lineage knows with other tokens: those that it listed last, then those that left before. */
  #changedNames(names: readonly string[]): Map<string, NameMatch> {
    const now = new Set(names);
    const unknown = [...now].filter((name) => !this.#names.has(name)).slice(-MAX_CHANGED);
    if (unknown.length === 0) return new Map();
    const before = [...this.#names.keys()].filter((name) => !now.has(name));
    const isListed = (name: string): boolean =>
      (this.#names.get(name)?.at(-1)?.place ?? 0) > this.newest - this.#length;
    const matches = matchNames(unknown, before.filter(isListed).slice(-MAX_CHANGED));
    const rest = unknown.filter((name) => !matches.has(name));
    const left = before.filter((name) => !isListed(name)).slice(-LOOKED_BACK);
    return new Map([...matches, ...matchNames(rest, left)]);
  }

  /** Resources that stand in a place where they did not, and were not moved there by an edit of the playlist. */
  #otherUses(slots: readonly Slot[]): Set<Resource> {
    const first = (slots[0] as Slot).place;
    const places = new Map(slots.map((slot) => [slot.place, slot.resource]));
    const moved = new Map<Resource, Slot>();
    for (const slot of this.#slots) {
      const { resource, place } = slot;
      if (place >= first && places.get(place) !== resource && !moved.has(resource)) moved.set(resource, slot);
    }
    const others = new Set<Resource>();
    for (const { resource, place, duration, date } of slots) {
      const was = this.#isAt(place, resource) ? this.#places.get(place) : moved.get(resource);
      const isOther =
        !was ||
        Math.abs(was.duration - duration) > OTHER_DURATION ||
        (was.place === place && Math.abs(was.date - date) > OTHER_DATE * this.#duration);
      if (isOther) others.add(resource);
    }
    return others;
  }
}

/** A date counts on until the next one, but not past EXT-X-DISCONTINUITY. */
function datesOf({ segments }: Pick<PlaylistVersion, 'segments'>): number[] {
  let next = Number.NaN;
  return segments.map(({ programDateTime, discontinuity, duration }) => {
    const date = programDateTime ?? (discontinuity ? Number.NaN : next);
    next = date + duration * 1000;
    return date;
  });
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
