import { Lineage, type LineageFit } from './lineage.js';
import type { PlaylistVersion } from './playlist-version.js';
import type { Resource } from './slots.js';
import { withoutTokens } from './url-parts.js';

/** What is known of a segment from the versions of its playlist that listed it. */
export interface ListedSegment {
  /**
   * Names the segment's resource among all that the playlist lists: the same for as long as it is listed, whatever tokens in its
   * URL change. A resource that is listed many times has one key.
   */
  readonly key: string;
  /** The URL, and the byte range, that it was first listed with. */
  readonly firstName: string;
  /**
   * Is another number when the URL may have other bytes than before: its name is used for another segment, the numbers have gone
   * back, its duration or date has changed, or nobody has looked for so long that the encoder may have started again.
   */
  readonly generation: number;
}

export interface UpdateOptions {
  /** When the version was loaded, by a steady clock, ms. */
  readonly now: number;
  /** The server says that it is another version than the one before, though its text may be the same. */
  readonly rewritten?: boolean;
}

interface Found {
  readonly next: LineageFit | undefined;
  /** The lineage before its end, where none goes on. */
  readonly back?: LineageFit | undefined;
}

/** Sources that take turns behind one URL and are told apart: encoders, caches that lag. */
const MAX_LINEAGES = 4;
/** Times that a playlist may go back within `UNSETTLED_FOR` before nothing is said about its segments. */
const MAX_RETURNS = 3;
/** A playlist that goes back too often is looked at again after so long without, ms. */
const UNSETTLED_FOR = 60_000;
/** A client may hold a live playlist for its whole length, and for no less than this, ms: nobody may have looked for so long. */
const UNSEEN_FOR = 60_000;

/**
 * Follows the versions of one Media Playlist as they are loaded, and tells which segment is which. Names decide first: equal URLs,
 * then URLs that are equal but for tokens. Media Sequence Numbers (RFC 8216 §6.2.2) tell one use of a name from the next; where they
 * are missing, constant or too large to read, the order of the names does. A name that is in doubt is in another generation, which
 * costs one more reading, never a wrong byte.
 */
export class PlaylistHistory {
  /** The one that went on last comes first. */
  #lineages: Lineage[] = [];
  #resources = new Map<string, Resource>();
  #keys = new Set<string>();
  #generation = 0;
  #returns: number[] = [];
  #at = Number.NEGATIVE_INFINITY;

  /** Segments that are remembered; their memory is about 400 bytes each. */
  get size(): number {
    return this.#resources.size;
  }

  /**
   * Takes in a version.
   * @returns what is known of its segments, in their order; undefined for a playlist that jumps back and forth: nobody can tell
   *   which bytes its URLs have
   */
  update(version: PlaylistVersion, { now, rewritten = false }: UpdateOptions): ListedSegment[] | undefined {
    const { segments } = version;
    if (segments.length === 0) return [];
    const names = segments.map(nameOf);
    const plain = rewritten ? undefined : this.#goOn(version, names, now);
    if (plain !== undefined) return plain.map(toldOf);
    const { next, back } = this.#find(version, names, rewritten, now - this.#at);
    const lineage = next?.lineage ?? new Lineage();
    const known = new Map<string, Resource>();
    const taken = new Set<Resource>();
    for (const name of new Set(names)) {
      const resource = (next ?? back)?.known.get(name) ?? this.#resources.get(name);
      if (resource && !taken.has(resource)) known.set(name, resource);
      if (resource) taken.add(resource);
    }
    const returned = next === undefined && known.size > 0;
    if (returned) this.#returns = [...this.#returns.filter((at) => now - at < UNSETTLED_FOR), now];
    const settled = this.#returns.filter((at) => now - at < UNSETTLED_FOR).length <= MAX_RETURNS;
    const doubt = returned || !settled || (!version.endList && this.#mayHaveRestarted(lineage, version, now));
    this.#at = now;
    this.#lineages = [lineage, ...this.#lineages.filter((other) => other !== lineage)].slice(0, MAX_LINEAGES);
    this.#addShared(known, names, lineage);
    this.#addNew(known, names);
    this.#rename(known);
    const resources = names.map((name) => known.get(name) as Resource);
    const renewed = new Set([...lineage.take(version, resources, next), ...(doubt ? resources : [])]);
    if (renewed.size > 0) this.#generation++;
    for (const resource of renewed) resource.generation = this.#generation;
    this.#forget();
    return settled ? resources.map(toldOf) : undefined;
  }

  /** Its resources where a version plainly goes on with the only lineage, and adds names that nobody knows. */
  #goOn(version: PlaylistVersion, names: readonly string[], now: number): Resource[] | undefined {
    const [lineage, ...others] = this.#lineages;
    if (lineage === undefined || others.length > 0 || this.#returns.length > 0) return undefined;
    const continuation = lineage.continuation(version, names);
    if (continuation === undefined) return undefined;
    const added = names.slice(continuation.overlap);
    const isNew = new Set(added).size === added.length && !added.some((name) => this.#resources.has(name));
    if (!isNew || (!version.endList && this.#mayHaveRestarted(lineage, version, now))) return undefined;
    this.#at = now;
    const known = new Map<string, Resource>();
    this.#addNew(known, added);
    if (added.length > 0) this.#generation++;
    for (const [name, resource] of known) {
      resource.generation = this.#generation;
      this.#resources.set(name, resource);
    }
    const fresh = added.map((name) => known.get(name) as Resource);
    for (const { name, key } of lineage.goOn(version, continuation, fresh)) {
      this.#resources.delete(name);
      this.#keys.delete(key);
    }
    return [...continuation.resources, ...fresh];
  }

  /**
   * The lineage that goes on with a version: none for one that begins with it. What the last one can have come to by now is
   * its own, though another one knows the names.
   * @param unseen since the version before, ms
   */
  #find(version: PlaylistVersion, names: readonly string[], rewritten: boolean, unseen: number): Found {
    const mean = (durationOf(version) * 1000) / names.length;
    let ahead: LineageFit | undefined;
    let back: LineageFit | undefined;
    for (const lineage of this.#lineages) {
      const fit = lineage.fit(version, names, rewritten);
      if (fit.back) {
        if (fit.found) back ??= fit;
        continue;
      }
      if (fit.found) return { next: fit };
      if (lineage !== this.#lineages[0] || fit.last <= lineage.newest) continue;
      if ((fit.last - lineage.newest - 1) * mean <= unseen) return { next: fit };
      if (fit.ahead) ahead = fit;
    }
    return { next: ahead, back };
  }

  /** Whether an encoder that started again since the last look could have written this version by now. */
  #mayHaveRestarted(lineage: Lineage, version: PlaylistVersion, now: number): boolean {
    const unseen = now - this.#at;
    const duration = durationOf(version) * 1000;
    const longest = lineage.isNumbered ? (duration / version.segments.length) * (lineage.newest + 1) : duration;
    return unseen > Math.min(Math.max(UNSEEN_FOR, duration), Math.max(duration, longest));
  }

  /** Adds the resources that only other lineages know, by other tokens. */
  #addShared(known: Map<string, Resource>, names: readonly string[], lineage: Lineage): void {
    const unknown = names.filter((name) => !known.has(name));
    if (this.#lineages.length === 1 || unknown.length === 0) return;
    const taken = new Set([...lineage.resources, ...known.values()]);
    const others = new Map(
      this.#lineages.flatMap((one) => one.resources.map((resource) => [resource.key, resource] as const)),
    );
    for (const [key, name] of distinctKeys(unknown)) {
      const resource = others.get(key);
      if (resource && !taken.has(resource)) known.set(name, resource);
    }
  }

  /** Adds new resources. Their keys have no tokens, where that tells them apart. */
  #addNew(known: Map<string, Resource>, names: readonly string[]): void {
    const unknown = new Set(names.filter((name) => !known.has(name)));
    const keys = new Map([...distinctKeys([...unknown])].map(([key, name]) => [name, key]));
    for (const name of unknown) {
      let key = keys.get(name) ?? name;
      for (let use = 1; this.#keys.has(key); use++) key = use === 1 ? name : `${name} ${use}`;
      this.#keys.add(key);
      known.set(name, { name, firstName: name, key, generation: 0 });
    }
  }

  #rename(known: ReadonlyMap<string, Resource>): void {
    for (const [name, resource] of known) {
      if (this.#resources.get(resource.name) === resource) this.#resources.delete(resource.name);
      resource.name = name;
      this.#resources.set(name, resource);
    }
  }

  /** Forgets what no lineage remembers. */
  #forget(): void {
    const remembered = new Set(this.#lineages.flatMap((lineage) => lineage.resources));
    if (this.#resources.size <= remembered.size) return;
    this.#resources = new Map([...this.#resources].filter(([, resource]) => remembered.has(resource)));
    this.#keys = new Set([...remembered].map(({ key }) => key));
  }
}

function toldOf({ key, firstName, generation }: Resource): ListedSegment {
  return { key, firstName, generation };
}

/** Seconds. */
function durationOf({ segments }: PlaylistVersion): number {
  return segments.reduce((sum, { duration }) => sum + duration, 0);
}

/** Names by their keys without tokens; without those names whose keys are the same. */
function distinctKeys(names: readonly string[]): Map<string, string> {
  const keys = new Map<string, string>();
  const several = new Set<string>();
  for (const name of names) {
    const key = keyOf(name);
    if (keys.has(key) && keys.get(key) !== name) several.add(key);
    keys.set(key, name);
  }
  for (const key of several) keys.delete(key);
  return keys;
}

function nameOf({ url, uri, byteRange }: PlaylistVersion['segments'][number]): string {
  const name = url ?? uri;
  return byteRange ? `${name} ${byteRange.offset}-${byteRange.length}` : name;
}

function keyOf(name: string): string {
  const [url = '', range] = name.split(/ (.*)/s);
  return range === undefined ? withoutTokens(url) : `${withoutTokens(url)} ${range}`;
}
