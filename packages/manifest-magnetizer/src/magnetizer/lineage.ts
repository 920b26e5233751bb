import { type Continuation, continuationOf } from './continuation.js';
import { type Fit, fitOf, type LineageState } from './fit.js';
import { otherUses } from './other-uses.js';
import type { PlaylistVersion, VersionSegment } from './playlist-version.js';
import { datesOf, type Resource, type Slot, Slots } from './slots.js';

/** Segments that are remembered after they have left the playlist. */
const MAX_LEFT = 100;
/** A folder in the URLs that has changed so often, while the segments went on, is a token. */
const TOKEN_AFTER = 2;

/** How a version goes on with a lineage. */
export interface LineageFit extends Fit {
  readonly lineage: Lineage;
}

/** The versions of a playlist that one source made: each goes on where the one before ended. */
export class Lineage {
  #state: LineageState = {
    slots: new Slots(),
    offset: 0,
    mediaSequence: Number.NEGATIVE_INFINITY,
    length: 0,
    duration: 0,
    newest: Number.NEGATIVE_INFINITY,
  };
  #moves = 0;
  /** Its Media Sequence Numbers can be trusted: they go on. */
  isNumbered = false;

  get resources(): Resource[] {
    return this.#state.slots.inOrder.map(({ resource }) => resource);
  }

  /** The last place. */
  get newest(): number {
    return this.#state.newest;
  }

  /** How a version goes on with this one; see `fitOf`. Nothing changes by the question. */
  fit(version: PlaylistVersion, names: readonly string[], rewritten: boolean): LineageFit {
    return { ...fitOf(this.#state, version, names, rewritten), lineage: this };
  }

  /** Whether it plainly does; see `continuationOf`. Nothing changes by the question. */
  continuation(version: PlaylistVersion, names: readonly string[]): Continuation | undefined {
    return continuationOf(this.#state, version, names);
  }

  /**
   * Goes on with a version that plainly does.
   * @param added resources of those of its segments that were not listed before
   * @returns resources that are not remembered any more
   */
  goOn(version: PlaylistVersion, { overlap }: Continuation, added: readonly Resource[]): Resource[] {
    const { slots, offset } = this.#state;
    const { segments, mediaSequence } = version;
    const dates = datesOf(version);
    const from = slots.inOrder.length - overlap;
    for (let i = 0; i < overlap; i++) {
      const slot = slots.inOrder[from + i] as Slot;
      slot.duration = (segments[i] as VersionSegment).duration;
      slot.date = dates[i] as number;
    }
    const forgotten = slots.dropFirst(Math.max(0, from - MAX_LEFT));
    for (const [i, resource] of added.entries()) {
      const { mediaSequence: number, duration } = segments[overlap + i] as VersionSegment;
      slots.append({ resource, place: number + offset, duration, date: dates[overlap + i] as number });
    }
    this.#listed(version, mediaSequence + segments.length - 1 + offset);
    return forgotten.map(({ resource }) => resource);
  }

  /**
   * Goes on with a version.
   * @param resources of its segments, in their order
   * @returns those that are used for another segment than before
   */
  take(version: PlaylistVersion, resources: readonly Resource[], fit: Fit | undefined): Set<Resource> {
    const { slots: before, newest, duration: listedFor } = this.#state;
    const { segments, mediaSequence } = version;
    const offset = fit?.offset ?? 0;
    const dates = datesOf(version);
    const slots = segments.map((segment, i) => ({
      resource: resources[i] as Resource,
      place: segment.mediaSequence + offset,
      duration: segment.duration,
      date: dates[i] as number,
    }));
    const renewed = otherUses(before, slots, listedFor);
    if (fit && fit.moved.size > 0 && this.#moves++ < TOKEN_AFTER) {
      for (const { resource } of slots) if (fit.moved.has(resource.name)) renewed.add(resource);
    }
    const [first, last] = [slots[0] as Slot, slots.at(-1) as Slot];
    const isStale = last.place < newest && before.inOrder.at(-1)?.resource !== last.resource;
    const left = before.inOrder.filter(({ place }) => place < first.place);
    const listed = left.filter(({ place }) => place >= mediaSequence + offset);
    const later = isStale ? before.inOrder.filter(({ place }) => place > last.place) : [];
    const remembered = new Slots([...left.slice(-Math.max(MAX_LEFT, listed.length)), ...slots, ...later]);
    this.#state = { ...this.#state, slots: remembered, offset };
    if (!isStale) this.#listed(version, last.place);
    return renewed;
  }

  /** @param newest the last place */
  #listed({ segments, mediaSequence }: PlaylistVersion, newest: number): void {
    const { length, mediaSequence: before } = this.#state;
    this.isNumbered ||= mediaSequence > (length === 0 ? segments.length : before);
    this.#state = { ...this.#state, mediaSequence, newest };
    if (segments[0]?.mediaSequence !== mediaSequence) return;
    const duration = segments.reduce((sum, segment) => sum + segment.duration * 1000, 0);
    this.#state = { ...this.#state, length: segments.length, duration };
  }
}
