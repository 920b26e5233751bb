import { formatInfo, readInfo } from '@live-torrent/manifest-magnetizer/info';
import { keepNewest } from '../keep-newest.js';
import type { ControlMessage } from '../mesh/control.js';
import { Allowance } from '../mesh/control-budget.js';
import type { Link } from '../mesh/link.js';
import { isBefore } from './places.js';
import { MAX_RELAYS, MAX_STRIKES } from './policy.js';

/** A fetcher's announcement is passed on once, and those of one segment no more often than this, ms. */
export const RELAY_MS = 150;
/** But at once while fewer were, where it goes before those. */
export const MAX_RELAYED_AT_ONCE = 4;
/** Relayed messages remembered, so that each goes on once. */
const MAX_SEEN = 2_048;
/**
 * Messages that are passed on, of all links and of each: a second, and at once. Half of what a link may send, so that who tells on what a liar
 * made up is not taken for one.
 */
const RELAYED_A_SECOND = 100;
const RELAYED_AT_ONCE = 400;
/** Those of a link that has given nothing yet count so many times: many such leave room for the others. */
const UNPROVEN_COUNTS = 10;
/** As much of a message counts as one, characters. */
const RELAYED_LENGTH = 1_024;
/** A link that named this many segments that then did not follow is not listened to about new ones any more. */
export const MAX_FALSE_HINTS = 3;

/** What it needs of a segment. */
export interface Gossiped {
  readonly infoHash: string;
  /** Bytes. */
  readonly length: number;
  /** The bencoded info dictionary. */
  readonly info: Uint8Array | undefined;
  /** All of it is here. */
  readonly complete: boolean;
  /** Some of it can be passed on. */
  readonly hasSome: boolean;
  setInfo(info: Uint8Array): boolean;
}

export interface GossipEnvironment<S> {
  readonly peerId: string;
  readonly now: () => number;
  /** @param to who is told; default: all links */
  readonly broadcast: (message: ControlMessage, to?: (link: Link) => boolean) => void;
  readonly segment: (infoHash: string) => S | undefined;
  /** A link says that this segment follows `after`. Returns it when it is to be prepared. */
  readonly hinted: (infoHash: string, length: number, after: string) => S | undefined;
  /** What a prepared segment is made of is known. */
  onPrepared(segment: S): void;
}

interface Passed {
  /** When, ms. */
  readonly at: number;
  /** Of a segment: how many of its fetchers, and the one whose place is first. */
  readonly fetchers?: number;
  readonly first?: string;
}

/** What viewers tell on of what others said: who fetches which segment, and which is new. */
export class Gossip<S extends Gossiped> {
  /** What went on. */
  readonly #seen = new Map<string, Passed>();
  /** Segments prepared because a link named them, and which one they are said to follow. */
  readonly #hints = new Map<string, { readonly link: Link; readonly after: string }>();
  readonly #relayed: Allowance;
  readonly #relayedOf = new WeakMap<Link, Allowance>();

  constructor(private readonly environment: GossipEnvironment<S>) {
    this.#relayed = this.#allowance();
  }

  /** A link says that somebody else fetches a segment. */
  fetching(link: Link, message: ControlMessage & { t: 'fetching' }): void {
    // Those behind a viewer that has some of it hear of that instead.
    if (link.strikes >= MAX_STRIKES || this.environment.segment(message.h)?.hasSome) return;
    const id = `fetching ${message.h}`;
    const { at = Number.NEGATIVE_INFINITY, first = message.f, fetchers = 0 } = this.#seen.get(id) ?? {};
    const goesFirst = isBefore(message.h, message.f, first);
    const soon = this.environment.now() - at < RELAY_MS && !(goesFirst && fetchers < MAX_RELAYED_AT_ONCE);
    if (message.a >= MAX_RELAYS || soon || this.#seen.has(`${id} ${message.f}`)) return;
    if (!this.#mayRelay(link)) return;
    this.#remember(id, { first: goesFirst ? message.f : first, fetchers: fetchers + 1 });
    this.#remember(`${id} ${message.f}`);
    this.environment.broadcast({ ...message, a: message.a + 1 }, unaware(link, message.h, message.f));
  }

  /** The own playlist listed a new segment right after another. */
  listed(segment: S, after: string): void {
    if (segment.complete || !segment.info) return;
    const id = `new ${segment.infoHash}`;
    if (this.#seen.has(id)) return;
    this.#remember(id);
    const { infoHash: h, length: l } = segment;
    const told = { t: 'new', h, l, i: formatInfo(segment.info), after } as const;
    this.environment.broadcast(told, (link) => !tells(link, h));
  }

  /** A link names a new segment. */
  hint(link: Link, message: ControlMessage & { t: 'new' }): void {
    const id = `new ${message.h}`;
    if (link.falseHints >= MAX_FALSE_HINTS || this.#seen.has(id)) return;
    // What was not passed on may come again from a link that is heard.
    if (this.#mayRelay(link, message.i.length)) {
      this.#remember(id);
      this.environment.broadcast(message, unaware(link, message.h));
    }
    const segment = this.environment.hinted(message.h, message.l, message.after);
    if (!segment) return;
    this.#hints.set(message.h, { link, after: message.after });
    const info = readInfo(message.i, segment.infoHash, segment.length);
    if (info && segment.setInfo(info)) this.environment.onPrepared(segment);
    else link.falseHints += 1;
  }

  /**
   * Holds what links named against a playlist: what it lists was true, and what it lists another segment instead of
   * counts against the link.
   * @param listed its segments' infohashes, in order
   * @returns infohashes of prepared segments that will not be listed
   */
  judge(listed: readonly string[]): string[] {
    const wrong: string[] = [];
    for (const [infoHash, { link, after }] of this.#hints) {
      const at = listed.indexOf(after);
      if (listed.includes(infoHash)) {
        this.#hints.delete(infoHash);
        link.falseHints = Math.max(0, link.falseHints - 1);
      } else if (wrong.includes(after) || (at >= 0 && at < listed.length - 1)) {
        this.#hints.delete(infoHash);
        link.falseHints += 1;
        wrong.push(infoHash);
      }
    }
    return wrong;
  }

  forget(infoHash: string): void {
    this.#hints.delete(infoHash);
  }

  #allowance(): Allowance {
    return new Allowance(RELAYED_A_SECOND, RELAYED_AT_ONCE, this.environment.now());
  }

  /** Whether one more message of a link is passed on. */
  #mayRelay(link: Link, length = 0): boolean {
    const own = this.#relayedOf.get(link) ?? this.#allowance();
    this.#relayedOf.set(link, own);
    const counts = Math.ceil((length + 1) / RELAYED_LENGTH);
    const now = this.environment.now();
    return (
      own.spend(link.gaveAt === undefined ? UNPROVEN_COUNTS * counts : counts, now) && this.#relayed.spend(counts, now)
    );
  }

  #remember(id: string, fetchers?: Omit<Passed, 'at'>): void {
    this.#seen.delete(id);
    this.#seen.set(id, { at: this.environment.now(), ...fetchers });
    keepNewest(this.#seen, MAX_SEEN);
  }
}

/** Whether a link says that it has or receives some of a segment. */
export const tells = (link: Link, infoHash: string): boolean => link.has.has(infoHash) || link.receiving.has(infoHash);

/** Who does not have it and has not heard of it: those linked to whom it came from, or to its author, hear it from them. */
const unaware =
  (from: Link, infoHash: string, author = from.id) =>
  (link: Link): boolean =>
    ![from.id, author].some((id) => id === link.id || link.neighbours.has(id)) && !tells(link, infoHash);
