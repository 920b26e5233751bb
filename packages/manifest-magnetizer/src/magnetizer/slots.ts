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
export interface Slot {
  readonly resource: Resource;
  /** A Media Sequence Number where these can be trusted; else it counts on where they do not. */
  readonly place: number;
  duration: number;
  /** By EXT-X-PROGRAM-DATE-TIME, ms; NaN where nothing tells. */
  date: number;
}

/** The segments that are remembered of a playlist, in the order of their places, each found by its name and by its place. */
export class Slots {
  readonly #inOrder: Slot[];
  /** By the names that the resources had when they were put here. */
  readonly #named = new Map<string, Slot[]>();
  readonly #placed = new Map<number, Slot>();

  constructor(inOrder: readonly Slot[] = []) {
    this.#inOrder = [];
    for (const slot of inOrder) this.append(slot);
  }

  get inOrder(): readonly Slot[] {
    return this.#inOrder;
  }

  /** Each name stands in one place. */
  get areDistinct(): boolean {
    return this.#named.size === this.#inOrder.length;
  }

  get names(): Iterable<string> {
    return this.#named.keys();
  }

  named(name: string): readonly Slot[] | undefined {
    return this.#named.get(name);
  }

  at(place: number): Slot | undefined {
    return this.#placed.get(place);
  }

  holds(place: number, resource: Resource | undefined): boolean {
    return resource !== undefined && this.at(place)?.resource === resource;
  }

  append(slot: Slot): void {
    const { place, resource } = slot;
    this.#inOrder.push(slot);
    this.#placed.set(place, slot);
    const alike = this.#named.get(resource.name);
    if (alike) alike.push(slot);
    else this.#named.set(resource.name, [slot]);
  }

  /** Drops the first so many, of names that stand in one place. */
  dropFirst(count: number): readonly Slot[] {
    const dropped = this.#inOrder.splice(0, count);
    for (const { resource, place } of dropped) {
      this.#named.delete(resource.name);
      if (this.holds(place, resource)) this.#placed.delete(place);
    }
    return dropped;
  }
}

/** When the segments of a version begin, ms; NaN where nothing tells: a date counts on until the next one, but not past EXT-X-DISCONTINUITY. */
export function datesOf({ segments }: Pick<PlaylistVersion, 'segments'>): number[] {
  let next = Number.NaN;
  return segments.map(({ programDateTime, discontinuity, duration }) => {
    const date = programDateTime ?? (discontinuity ? Number.NaN : next);
    next = date + duration * 1000;
    return date;
  });
}
