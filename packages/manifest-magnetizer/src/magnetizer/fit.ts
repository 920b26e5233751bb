import { matchNames, type NameMatch } from './match-names.js';
import type { PlaylistVersion } from './playlist-version.js';
import type { Resource, Slot, Slots } from './slots.js';

/** How a version goes on with the ones before. */
export interface Fit {
  /** One of its segments is known. */
  readonly found: boolean;
  /** It ends before they did: the encoder has started again, or another one has taken over. */
  readonly back: boolean;
  /** All of it comes after their end. */
  readonly ahead: boolean;
  /** The place of its last segment. */
  readonly last: number;
  /** Media Sequence Numbers plus this are places. */
  readonly offset: number;
  /** What is known of the version's names. */
  readonly known: ReadonlyMap<string, Resource>;
  /** Of the names now, those that may be of another resource. */
  readonly moved: ReadonlySet<string>;
}

/** What the versions of one source have come to. */
export interface LineageState {
  /** What has left the playlist lately, then what it lists. */
  readonly slots: Slots;
  /** The last version's. */
  readonly offset: number;
  readonly mediaSequence: number;
  /** Segments that the last whole version listed. */
  readonly length: number;
  /** Of these, ms. */
  readonly duration: number;
  /** The last place. */
  readonly newest: number;
}

/** A cache may have an older playlist by a reload or so; an encoder that restarts goes back further, segments. */
const STALE_BY = 1;
/** A live playlist that is under way lists no fewer segments (RFC 8216 §6.2.2): one that does has just begun, or begun again. */
export const UNDER_WAY = 3;
/** The newest names that are found again after their tokens have changed: a comparison of all takes seconds in a very long playlist. */
const MAX_CHANGED = 5_000;
/** The last that have left, which an older playlist lists again, with other tokens. */
const LOOKED_BACK = 3;
/** A name that stands in more places than this, as a slate does, says nothing of where the others are: it may be compared with itself all over. */
const MAX_PLACES = 32;

type SlotsOf = (name: string) => readonly Slot[] | undefined;

/**
 * How a version goes on with a lineage, by the names of its segments and, where these stand in several places, by their numbers.
 * @param names of the version's segments, in their order
 * @param rewritten the server says that it is another version, though its text may be the same
 */
export function fitOf(
  state: LineageState,
  version: PlaylistVersion,
  names: readonly string[],
  rewritten: boolean,
): Fit {
  const { slots, newest } = state;
  const { segments, mediaSequence, endList } = version;
  const numbers = segments.map((segment) => segment.mediaSequence);
  const exact = offsetFor(state, version, names, numbers, (name) => slots.named(name));
  const changed = changedNames(state, names);
  const slotsOf: SlotsOf = (name) => slots.named(changed.get(name)?.before ?? name);
  const offset = exact ?? offsetFor(state, version, names, numbers, slotsOf) ?? state.offset;
  const known = new Map<string, Resource>();
  const moved = new Set<string>();
  for (const [i, name] of names.entries()) {
    const [slot] = slotsOf(name) ?? [];
    const match = changed.get(name);
    // A name with other tokens is the same one only in the same place.
    const isSame = !match || slots.holds((numbers[i] as number) + offset, slot?.resource);
    if (slot && isSame) known.set(name, slot.resource);
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
  const shrunk = mediaSequence === state.mediaSequence && segments.length < state.length;
  const begunAgain = isShort && (reached < newest || shrunk || (rewritten && reached === newest));
  return {
    found: known.size > 0,
    back: begunAgain || reached < newest - STALE_BY || mediaSequence < state.mediaSequence - STALE_BY,
    ahead: first > newest,
    last: reached,
    offset,
    known,
    moved,
  };
}

/** By what the version's numbers differ from places: by what they did before, unless its names say otherwise. */
function offsetFor(
  state: LineageState,
  { mediaSequence }: PlaylistVersion,
  names: readonly string[],
  numbers: readonly number[],
  slotsOf: SlotsOf,
): number | undefined {
  const votes = new Map<number, number>();
  let isKept = false;
  for (const [i, name] of names.entries()) {
    const slots = slotsOf(name) ?? [];
    const number = numbers[i] as number;
    isKept ||= state.slots.holds(number + state.offset, slots[0]?.resource);
    if (slots.length > MAX_PLACES) continue;
    for (const { place } of slots) votes.set(place - number, (votes.get(place - number) ?? 0) + 1);
  }
  const agreeing = votes.get(state.offset) ?? 0;
  const isConstant = mediaSequence === state.mediaSequence;
  if (votes.size === 0 || (isKept && !isConstant)) return isKept ? state.offset : undefined;
  const [offset, most] = [...votes].reduce((a, b) => (b[1] > a[1] ? b : a));
  if (most <= agreeing) return state.offset;
  // In a ring of names, one comes again after as many segments as there are names, and no sooner.
  const isNoRing = mediaSequence > state.mediaSequence && Math.abs(offset - state.offset) < new Set(names).size;
  return isConstant || isNoRing ? offset : undefined;
}

/** Names that are known with other tokens: those that were listed last, then those that left before. */
function changedNames({ slots, newest, length }: LineageState, names: readonly string[]): Map<string, NameMatch> {
  const now = new Set(names);
  const unknown = [...now].filter((name) => !slots.named(name)).slice(-MAX_CHANGED);
  if (unknown.length === 0) return new Map();
  const before = [...slots.names].filter((name) => !now.has(name));
  const isListed = (name: string): boolean => (slots.named(name)?.at(-1)?.place ?? 0) > newest - length;
  const matches = matchNames(unknown, before.filter(isListed).slice(-MAX_CHANGED));
  const rest = unknown.filter((name) => !matches.has(name));
  const left = before.filter((name) => !isListed(name)).slice(-LOOKED_BACK);
  return new Map([...matches, ...matchNames(rest, left)]);
}
