import type { ControlMessage } from '../mesh/control.js';
import type { Link } from '../mesh/link.js';
import { RIDES } from '../mesh/outbox.js';
import { Delivery } from './delivery.js';
import type { Exchanges } from './exchange.js';
import { Gossip, type Gossiped, tells } from './gossip.js';
import { MeshSize } from './mesh-size.js';
import { arrivalRate, arrivesInTime } from './pace.js';
import { placeFor } from './places.js';
import { newPlan, type Plan, yields } from './plan.js';
import { decide, LISTEN_MS } from './policy.js';
import type { SessionsEnvironment } from './sessions.js';

/** A wanted segment's sources are looked at again at least this often, ms, and where there is none, so often. */
export const MAX_TICK_MS = 300;
const IDLE_TICK_MS = 600;
export const MIN_TICK_MS = 10;
/** A fetch that goes on is announced again after this, ms. */
export const REANNOUNCE_MS = 1_000;
/** A viewer that has just joined waits this long for its first link, where its buffer allows it, ms. */
export const JOIN_MS = 3_000;
/** The origin is asked again after a failure, doubling each time, ms. */
const MIN_RETRY_MS = 500;
const MAX_RETRY_MS = 8_000;
/** What the schedule needs of a segment. */
export interface Scheduled extends Gossiped {
  /** ms. */
  readonly duration: number;
  readonly fetching: boolean;
  /** Where the origin has it; empty for a segment that only other viewers named yet. */
  readonly sources: { readonly size: number };
  /** Bytes. */
  readonly missing: number;
  /** @param split whether others fetch it, too */
  fetchFromOrigin(split: boolean): void;
}

export interface SchedulerEnvironment<S> {
  readonly peerId: string;
  readonly now: () => number;
  readonly random: () => number;
  readonly links: () => ReadonlyMap<string, Link>;
  /** @param to who is told; default: all links */
  readonly broadcast: (message: ControlMessage, to?: (link: Link) => boolean) => void;
  readonly swarmSize: () => number;
  /** Whether no link is to be expected, since nobody else is here. Default: no. */
  readonly isAlone?: () => boolean;
  /** See `View`. */
  readonly burden: () => number;
  /** Whether one more viewer can be given to. Default: yes. */
  readonly gives?: () => boolean;
  readonly segment: (infoHash: string) => S | undefined;
  /** When the player needs it, ms; undefined when it is not wanted now. */
  readonly neededAt: (segment: S, now: number) => number | undefined;
  /**
   * When the last of it is here at the latest, or while none is, the first, if other viewers are worth waiting for, ms. Default: `neededAt`.
   */
  readonly arriveBy?: (segment: S, neededAt: number, begun: boolean) => number;
  /** Longest slack to be used for it, ms. */
  readonly maxSlack: (segment: S) => number;
  /** Whether links are asked for it, or only the origin. Default: links too. */
  readonly asksLinks?: (segment: S) => boolean;
  /** Whether its parts may come in any order. Default: yes. */
  readonly splits?: (segment: S) => boolean;
  /** Whether the origin may be asked for it, or only links. Default: the origin too. */
  readonly asksOrigin?: (segment: S) => boolean;
  /** A link says that this segment follows `after`. Returns it when it is to be prepared. */
  readonly hinted: (infoHash: string, length: number, after: string) => S | undefined;
}

/** Drives the policy for every wanted segment: timers, announcements, and who is asked. */
export class Scheduler<S extends Scheduled, E extends Exchanges<S>> {
  readonly sessions: E;
  readonly gossip: Gossip<S>;
  readonly #startedAt: number;
  readonly #plans = new Map<string, Plan>();
  readonly #meshSize = new MeshSize();
  readonly #delivery = new Delivery();

  constructor(
    private readonly environment: SchedulerEnvironment<S>,
    createExchanges: (environment: SessionsEnvironment<S>) => E,
  ) {
    this.#startedAt = environment.now();
    this.sessions = createExchanges({
      ...environment,
      onHope: (segment) => {
        this.#plan(segment).lastByteAt = environment.now();
      },
      onChange: (segment) => this.consider(segment),
    });
    this.gossip = new Gossip({ ...environment, onPrepared: (segment) => this.consider(segment) });
  }

  /** Decides anew about one segment; call it whenever something about it changed. */
  consider(segment: S): void {
    const { environment } = this;
    const plan = this.#plan(segment);
    clearTimeout(plan.timer);
    plan.timer = undefined;
    const now = environment.now();
    const neededAt = environment.neededAt(segment, now);
    if (segment.complete || neededAt === undefined) return;
    plan.wantedAt ??= now;
    this.sessions.connect(segment, neededAt);
    if (segment.fetching) {
      this.#announceFetch(segment, plan, now);
      this.#wake(segment, plan, REANNOUNCE_MS);
      return;
    }
    for (const link of plan.announcements.judge(now, (other) => tells(other, segment.infoHash))) {
      this.sessions.leave?.(segment, link);
      plan.timerAt = undefined;
      // Bytes were hoped for from the liar.
      plan.lastByteAt = plan.firstByteAt && plan.lastByteAt;
    }
    const listed = segment.sources.size > 0;
    if (!listed) plan.hintedAt ??= now;
    if (!listed || now < plan.retryAt || !(environment.asksOrigin?.(segment) ?? true)) {
      this.#wake(segment, plan, plan.retryAt > now ? plan.retryAt - now : IDLE_TICK_MS);
      return;
    }
    const need = { neededAt, maxSlack: environment.maxSlack(segment) };
    plan.announcements.lapse(need, now);
    const arrival = {
      now,
      neededAt: environment.arriveBy?.(segment, neededAt, plan.received > 0) ?? neededAt,
      duration: segment.duration,
      missing: segment.missing,
      received: plan.received,
      firstByteAt: plan.firstByteAt,
    };
    const late = !arrivesInTime(arrival);
    // Its timer was set for after bytes that were to come in time. Once: what is drawn again and again never ends.
    if (late && !plan.wasLate) plan.timerAt = undefined;
    plan.wasLate ||= late;
    const isFirst = plan.timerAt === undefined;
    const isLater = yields(plan, segment.infoHash, environment.peerId);
    const decision = decide(
      {
        now,
        ...need,
        duration: segment.duration,
        viewers: Math.max(environment.swarmSize(), this.#meshSize.viewers(environment.links().size)),
        // They count when a first timer is drawn.
        burden: isFirst ? environment.burden() : 0,
        place: isFirst ? placeFor(segment.infoHash, environment.peerId, environment.links().values()) : undefined,
        delivery: this.#delivery.usual,
        links: environment.links().size,
        joining: now - this.#startedAt < JOIN_MS && !environment.isAlone?.(),
        hintedAt: plan.hintedAt,
        timerAt: plan.timerAt,
        announcedAt: plan.announcedAt,
        yields: isLater,
        heldUntil: plan.announcements.heldUntil(need),
        doubts: late || plan.announcements.doubts,
        // Bytes that trickle hold nobody back.
        lastByteAt: late ? undefined : plan.lastByteAt,
        peerRate: arrivalRate(arrival),
        missing: segment.missing,
      },
      environment.random(),
    );
    if (decision.action === 'fetch') {
      const others = plan.announcements.heldUntil(need) !== undefined && (isLater || plan.announcedAt === undefined);
      segment.fetchFromOrigin(others && (environment.splits?.(segment) ?? true));
      this.#announceFetch(segment, plan, now);
      this.#wake(segment, plan, REANNOUNCE_MS);
      return;
    }
    if (decision.action === 'announce') {
      plan.announcedAt = now;
      this.#announceFetch(segment, plan, now, LISTEN_MS);
    }
    plan.timerAt = decision.timerAt;
    this.#wake(segment, plan, Math.min(decision.until, plan.announcements.judgedAt) - now);
  }

  /** A block of it arrived from a viewer, which is believed again. */
  blockArrived(segment: S, peerId: string, bytes: number): void {
    const plan = this.#plan(segment);
    const now = this.environment.now();
    plan.lastByteAt = now;
    plan.firstByteAt ??= now;
    plan.received += bytes;
    const link = this.environment.links().get(peerId);
    if (link) plan.announcements.gave(link);
  }

  /** A piece of it was verified. */
  pieceArrived(segment: S): void {
    const plan = this.#plan(segment);
    if (plan.partTold || !segment.hasSome || segment.complete) return;
    plan.partTold = true;
    this.#tell(segment, { t: 'part', h: segment.infoHash });
  }

  /** The origin did not give it: it is asked again later and later, while peers are asked as before. */
  originFailed(segment: S): void {
    const plan = this.#plan(segment);
    plan.retryAt = this.environment.now() + Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** plan.failures);
    plan.failures += 1;
    this.consider(segment);
  }

  completed(segment: S): void {
    const plan = this.#plan(segment);
    clearTimeout(plan.timer);
    const now = this.environment.now();
    plan.announcements.judge(now, (link) => tells(link, segment.infoHash));
    this.#meshSize.note(plan.announcements.relays);
    this.#delivery.note(plan.announcements.firstAt, plan.wantedAt ?? now, now);
    this.#tell(segment, { t: 'have', h: [segment.infoHash] });
    this.sessions.completed(segment);
  }

  /** Tells those of a segment who may want something of it. */
  #tell({ infoHash }: S, message: ControlMessage): void {
    const knows = message.t === 'part' ? tells : (link: Link) => link.has.has(infoHash);
    this.environment.broadcast(message, (link) => !knows(link, infoHash));
  }

  receive(link: Link, message: ControlMessage): void {
    if (message.t === 'fetching' && this.#plans.get(message.h)?.announcements.lied(link)) return;
    if (message.t === 'fetching') this.#fetchAnnounced(link, message);
    else if (message.t === 'new') this.gossip.hint(link, message);
    else if (message.t === 'lost') this.#offerAgain(link, message.h);
    this.sessions.receive(link, message);
    const offers = message.t === 'have' || message.t === 'part' || message.t === 'fetching';
    for (const infoHash of offers ? [message.h].flat() : []) {
      const segment = this.environment.segment(infoHash);
      if (segment && !segment.complete && this.sessions.room(segment) > 0) this.consider(segment);
    }
  }

  /** It had been told of none of what it had itself. */
  #offerAgain(link: Link, lost: readonly string[]): void {
    const kept = lost.filter((infoHash) => this.environment.segment(infoHash)?.complete);
    if (kept.length > 0 && (this.environment.gives?.() ?? true)) link.send({ t: 'have', h: kept }, RIDES);
  }

  /** A link opened, or closed. */
  linksChanged(closed?: Link): void {
    for (const [infoHash, { announcements }] of this.#plans) {
      if (closed) announcements.gone(closed);
      const segment = this.environment.segment(infoHash);
      if (segment) this.consider(segment);
    }
  }

  forget(infoHash: string): void {
    clearTimeout(this.#plans.get(infoHash)?.timer);
    this.#plans.delete(infoHash);
    this.sessions.forget(infoHash);
    this.gossip.forget(infoHash);
  }

  stop(): void {
    for (const infoHash of [...this.#plans.keys()]) this.forget(infoHash);
  }

  #plan(segment: S): Plan {
    let plan = this.#plans.get(segment.infoHash);
    if (!plan) {
      plan = newPlan();
      this.#plans.set(segment.infoHash, plan);
    }
    return plan;
  }

  #wake(segment: S, plan: Plan, delay: number): void {
    const isSource = (link: Link): boolean => tells(link, segment.infoHash) || link.fetching.has(segment.infoHash);
    const tick = [...this.environment.links().values()].some(isSource) ? MAX_TICK_MS : IDLE_TICK_MS;
    plan.timer = setTimeout(() => this.consider(segment), Math.min(tick, Math.max(MIN_TICK_MS, delay)));
  }

  /** @param w ms until it begins */
  #announceFetch(segment: S, plan: Plan, now: number, w = 0): void {
    if (now - plan.lastAnnounced < REANNOUNCE_MS) return;
    plan.lastAnnounced = now;
    this.#tell(segment, { t: 'fetching', h: segment.infoHash, f: this.environment.peerId, a: 0, ...(w > 0 && { w }) });
  }

  #fetchAnnounced(link: Link, message: ControlMessage & { t: 'fetching' }): void {
    // Its own, come back on another way.
    if (message.f === this.environment.peerId) return;
    this.gossip.fetching(link, message);
    const segment = this.environment.segment(message.h);
    if (segment && !segment.complete) {
      const beginsAt = this.environment.now() + Math.min(LISTEN_MS, message.w ?? 0);
      this.#plan(segment).announcements.heard(link, message.f, message.f === link.id, message.a, beginsAt);
    }
  }
}
