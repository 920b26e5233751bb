import type { ControlMessage } from '../mesh/control.js';
import type { Link } from '../mesh/link.js';
import { Delivery } from './delivery.js';
import type { Scheduled, SchedulerEnvironment } from './environment.js';
import type { Exchanges, ExchangesEnvironment } from './exchange.js';
import { Gossip, tells } from './gossip.js';
import { MeshSize } from './mesh-size.js';
import { arrivalRate, arrivesInTime } from './pace.js';
import { placeFor } from './places.js';
import { newPlan, type Plan, yields } from './plan.js';
import { decide, isAsFast, LISTEN_MS } from './policy.js';
import { REANNOUNCE_MS, Telling } from './telling.js';

/** A wanted segment's sources are looked at again at least this often, ms, and where there is none, so often. */
export const MAX_TICK_MS = 300;
const IDLE_TICK_MS = 600;
export const MIN_TICK_MS = 10;
/** A viewer that has just joined waits this long for its first link, where its buffer allows it, ms. */
export const JOIN_MS = 3_000;
/** Who stands in for the origin is silent for this long at most before it is the origin's turn, ms, and for half of the time that is left. */
const STAND_IN_MS = 700;
/** So many are asked for one segment. */
const MAX_STAND_INS = 2;
/** The origin is asked again after a failure, doubling each time, ms. */
const MIN_RETRY_MS = 500;
const MAX_RETRY_MS = 8_000;

/** Drives the policy for every wanted segment: timers, announcements, and who is asked. */
export class Scheduler<S extends Scheduled, E extends Exchanges<S>> {
  readonly sessions: E;
  readonly gossip: Gossip<S>;
  readonly #startedAt: number;
  readonly #plans = new Map<string, Plan>();
  readonly #meshSize = new MeshSize();
  readonly #delivery = new Delivery();
  readonly #telling: Telling<S>;

  constructor(
    private readonly environment: SchedulerEnvironment<S>,
    createExchanges: (environment: ExchangesEnvironment<S>) => E,
  ) {
    this.#startedAt = environment.now();
    this.#telling = new Telling(environment);
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
    const dueAt = environment.dueAt(segment, now);
    if (segment.complete || dueAt === undefined) return;
    plan.wantedAt ??= now;
    this.sessions.connect(segment, dueAt);
    if (segment.fetching) {
      this.#telling.fetching(segment, plan, now);
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
    const neededAt = dueAt - (environment.askAhead?.(segment) ?? 0);
    const need = { dueAt, neededAt, maxSlack: environment.maxSlack(segment) };
    const { infoHash } = segment;
    // Of another group, which is asked in its turn only.
    plan.announcements.lapse(need, now, () =>
      [...environment.links().values()].some((link) => !!environment.standsIn?.(link) && tells(link, infoHash)),
    );
    const arrival = {
      now,
      dueAt,
      duration: segment.duration,
      missing: segment.missing,
      received: plan.received,
      firstByteAt: plan.firstByteAt,
    };
    const flow = {
      peerRate: arrivalRate(arrival),
      missing: segment.missing,
      originMs: environment.originMs?.(segment) ?? 0,
    };
    const late = !arrivesInTime(arrival) && !isAsFast(flow);
    // Its timer was set for after bytes that were to come in time. Once: what is drawn again and again never ends.
    if (late && !plan.wasLate) plan.timerAt = undefined;
    plan.wasLate ||= late;
    const near = this.#near;
    // Nobody is linked but who stands in for the origin: there is nobody to leave that to, and no turn to wait for.
    const isLone = near.length === 0 && environment.links().size > 0;
    if (isLone) this.sessions.askStandIn?.(segment, dueAt);
    const isFirst = plan.timerAt === undefined;
    const leaves = environment.leavesToOthers?.(segment) ?? true;
    const isLater = yields(plan, segment.infoHash, environment.peerId);
    const decision = decide(
      {
        now,
        ...need,
        duration: segment.duration,
        viewers: Math.max(environment.swarmSize(), this.#meshSize.viewers(near.length)),
        // It counts when a first timer is drawn.
        place: isFirst ? placeFor(segment.infoHash, environment.peerId, near) : undefined,
        delivery: this.#delivery.usual,
        links: isLone ? 1 : near.length,
        joining: now - this.#startedAt < JOIN_MS && !environment.isAlone?.(),
        hintedAt: plan.hintedAt,
        timerAt: leaves ? plan.timerAt : now,
        announcedAt: plan.announcedAt,
        yields: isLater,
        heldUntil: plan.announcements.heldUntil(need),
        doubts: late || plan.announcements.doubts,
        // Bytes that trickle hold nobody back, nor those that are hoped for of links that are not asked any more.
        lastByteAt: late || !(leaves || isAsFast(flow)) ? undefined : plan.lastByteAt,
        ...flow,
        besideAt: this.#comesBeside(segment, plan) ? Math.max(plan.lastByteAt ?? 0, plan.wantedAt ?? 0) : undefined,
        lag: environment.lag?.(segment) ?? 0,
        wordUntil: leaves ? plan.announcements.wordUntil : undefined,
      },
      // They may have it later than this viewer lists it.
      isLone ? 1 : environment.random(),
    );
    if (decision.action === 'fetch' && this.#isStoodIn(segment, plan, neededAt, now)) {
      this.#telling.fetching(segment, plan, now);
      this.#wake(segment, plan, plan.standInUntil - now);
      return;
    }
    if (decision.action === 'fetch') {
      const others =
        leaves && plan.announcements.heldUntil(need) !== undefined && (isLater || plan.announcedAt === undefined);
      segment.fetchFromOrigin(others);
      this.#telling.fetching(segment, plan, now);
      this.#wake(segment, plan, REANNOUNCE_MS);
      return;
    }
    if (decision.action === 'announce') {
      plan.announcedAt = now;
      this.#telling.fetching(segment, plan, now, LISTEN_MS);
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
    this.sessions.gave?.(segment, peerId);
  }

  /** A piece of it was verified. */
  pieceArrived(segment: S): void {
    this.#telling.part(segment, this.#plan(segment));
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
    this.#telling.have(segment);
    this.sessions.completed(segment);
  }

  receive(link: Link, message: ControlMessage): void {
    if (message.t === 'fetching' && this.#plans.get(message.h)?.announcements.lied(link)) return;
    if (message.t === 'fetching') this.#fetchAnnounced(link, message);
    else if (message.t === 'new') this.gossip.hint(link, message);
    else if (message.t === 'lost') this.#telling.again(link, message.h);
    this.sessions.receive(link, message);
    const offers = message.t === 'have' || message.t === 'part' || message.t === 'fetching';
    for (const infoHash of offers ? [message.h].flat() : []) {
      const segment = this.environment.segment(infoHash);
      if (segment && !segment.complete && this.sessions.room(segment) > 0) this.consider(segment);
    }
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

  /** The links that do not stand in for the origin. */
  get #near(): Link[] {
    const { links, standsIn = () => false } = this.environment;
    return [...links().values()].filter((link) => !standsIn(link));
  }

  /** Whether a link that does not come through the viewer's line fetches it, or is given it by one that does. */
  #comesBeside({ infoHash }: S, { announcements }: Plan): boolean {
    const { links, isBeside = () => false } = this.environment;
    return [...links().values()].some((link) => {
      const comes = link.fetching.has(infoHash) || link.receiving.has(infoHash);
      return comes && link.silences === 0 && !announcements.lied(link) && isBeside(link);
    });
  }

  /** Its turn at the origin has come: whether somebody gives it in the origin's place, or may still begin to. */
  #isStoodIn(segment: S, plan: Plan, neededAt: number, now: number): boolean {
    if (now < plan.standInUntil) return true;
    if (plan.standIns >= MAX_STAND_INS || !this.sessions.askStandIn?.(segment, neededAt)) return false;
    plan.standIns += 1;
    // How fast others were until now says nothing of it.
    plan.received = 0;
    plan.firstByteAt = undefined;
    plan.standInUntil = now + Math.min(STAND_IN_MS, (neededAt - now) / 2);
    return true;
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

  #fetchAnnounced(link: Link, message: ControlMessage & { t: 'fetching' }): void {
    // Its own, come back on another way.
    if (message.f === this.environment.peerId) return;
    // It is asked for that in its turn, and by nobody else.
    if (link.helper && this.environment.standsIn?.(link)) return;
    this.gossip.fetching(link, message);
    const segment = this.environment.segment(message.h);
    if (segment && !segment.complete) {
      const beginsAt = this.environment.now() + Math.min(LISTEN_MS, message.w ?? 0);
      this.#plan(segment).announcements.heard(link, message.f, message.f === link.id, message.a, beginsAt);
    }
  }
}
