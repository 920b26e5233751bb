import type { ControlMessage } from '../mesh/control.js';
import type { Link } from '../mesh/link.js';
import { decodeInfoText, encodeInfoText } from '../segment/info-transport.js';
import type { Segment } from '../segment/segment.js';
import { Announcements } from './announcements.js';
import { MeshSize } from './mesh-size.js';
import { decide, MAX_RELAYS, MAX_STRIKES } from './policy.js';
import { Sessions } from './sessions.js';

/** A wanted segment's sources are looked at again at least this often, ms. */
export const MAX_TICK_MS = 300;
export const MIN_TICK_MS = 10;
/** A fetch that goes on is announced again after this, ms. */
export const REANNOUNCE_MS = 1_000;
/** A fetcher's announcement is passed on once, and those of one segment no more often than this, ms. */
export const RELAY_MS = 150;
/** A viewer that has just joined waits this long for its first link, where its buffer allows it, ms. */
export const JOIN_MS = 3_000;
/** The origin is asked again after a failure, doubling each time, ms. */
const MIN_RETRY_MS = 500;
const MAX_RETRY_MS = 8_000;
/** Relayed messages remembered, so that each goes on once. */
const MAX_SEEN = 2_048;

export interface SchedulerEnvironment {
  readonly peerId: string;
  readonly now: () => number;
  readonly random: () => number;
  readonly links: () => ReadonlyMap<string, Link>;
  readonly broadcast: (message: ControlMessage, except?: Link) => void;
  readonly swarmSize: () => number;
  /** See `View`. */
  readonly burden: () => number;
  /** Whether one more viewer can be given to. Default: yes. */
  readonly gives?: () => boolean;
  readonly segment: (infoHash: string) => Segment | undefined;
  /** When the player needs it, ms; undefined when it is not wanted now. */
  readonly neededAt: (segment: Segment, now: number) => number | undefined;
  /** Longest slack to be used for it, ms. */
  readonly maxSlack: (segment: Segment) => number;
  /** A link says that this segment follows `after`. Returns it when it is to be prepared. */
  readonly hinted: (infoHash: string, length: number, after: string) => Segment | undefined;
}

interface Plan {
  timer: ReturnType<typeof setTimeout> | undefined;
  timerAt: number | undefined;
  readonly announcements: Announcements<Link>;
  lastByteAt: number | undefined;
  firstByteAt: number | undefined;
  lastAnnounced: number;
  /** The origin failed this often in a row; it is left alone until `retryAt`. */
  failures: number;
  retryAt: number;
  partTold: boolean;
}

/** Drives the policy for every wanted segment: timers, announcements, and who is asked. */
export class Scheduler {
  readonly sessions: Sessions;
  readonly #startedAt: number;
  readonly #plans = new Map<string, Plan>();
  readonly #seen = new Map<string, number>();
  readonly #meshSize = new MeshSize();

  constructor(private readonly environment: SchedulerEnvironment) {
    this.#startedAt = environment.now();
    this.sessions = new Sessions({
      links: environment.links,
      segment: environment.segment,
      wanted: (segment) => environment.neededAt(segment, environment.now()) !== undefined,
      now: environment.now,
      random: environment.random,
      gives: () => environment.gives?.() ?? true,
      onHope: (segment) => {
        this.#plan(segment).lastByteAt = environment.now();
      },
      onChange: (segment) => this.consider(segment),
    });
  }

  /** Decides anew about one segment; call it whenever something about it changed. */
  consider(segment: Segment): void {
    const { environment } = this;
    const plan = this.#plan(segment);
    clearTimeout(plan.timer);
    plan.timer = undefined;
    const now = environment.now();
    const neededAt = environment.neededAt(segment, now);
    if (segment.complete || neededAt === undefined) return;
    this.sessions.connect(segment);
    if (segment.fetching) {
      this.#announceFetch(segment, plan, now);
      this.#wake(segment, plan, REANNOUNCE_MS);
      return;
    }
    if (segment.sources.size === 0 || now < plan.retryAt) {
      this.#wake(segment, plan, MAX_TICK_MS);
      return;
    }
    const maxSlack = environment.maxSlack(segment);
    const need = { neededAt, maxSlack };
    if (plan.announcements.judge(now, tellsOf(segment))) {
      plan.timerAt = undefined;
      // Bytes were hoped for from the liar.
      plan.lastByteAt = plan.firstByteAt && plan.lastByteAt;
    }
    plan.announcements.lapse(need, now);
    const elapsed = now - (plan.firstByteAt ?? now);
    const decision = decide(
      {
        now,
        neededAt,
        maxSlack,
        duration: segment.duration,
        viewers: Math.max(environment.swarmSize(), this.#meshSize.viewers(environment.links().size)),
        burden: environment.burden(),
        links: environment.links().size,
        joining: now - this.#startedAt < JOIN_MS,
        timerAt: plan.timerAt,
        heldUntil: plan.announcements.heldUntil(need),
        doubts: plan.announcements.doubts,
        lastByteAt: plan.lastByteAt,
        peerRate: elapsed > 0 ? (1000 * segment.peerBytes) / elapsed : 0,
        missing: segment.missing,
      },
      environment.random(),
    );
    if (decision.action === 'fetch') {
      segment.fetchFromOrigin();
      this.#announceFetch(segment, plan, now);
      this.#wake(segment, plan, REANNOUNCE_MS);
      return;
    }
    plan.timerAt = decision.timerAt;
    this.#wake(segment, plan, Math.min(decision.until, plan.announcements.judgedAt) - now);
  }

  /** A block of it arrived from a viewer, which is believed again. */
  blockArrived(segment: Segment, peerId: string): void {
    const plan = this.#plan(segment);
    const now = this.environment.now();
    plan.lastByteAt = now;
    plan.firstByteAt ??= now;
    const link = this.environment.links().get(peerId);
    if (link) plan.announcements.gave(link);
  }

  /** A piece of it was verified. */
  pieceArrived(segment: Segment): void {
    const plan = this.#plan(segment);
    if (plan.partTold || !segment.hasSome || segment.complete) return;
    plan.partTold = true;
    this.environment.broadcast({ t: 'part', h: segment.infoHash });
  }

  /** The origin did not give it: it is asked again later and later, while peers are asked as before. */
  originFailed(segment: Segment): void {
    const plan = this.#plan(segment);
    plan.retryAt = this.environment.now() + Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** plan.failures);
    plan.failures += 1;
    this.consider(segment);
  }

  completed(segment: Segment): void {
    const plan = this.#plan(segment);
    clearTimeout(plan.timer);
    plan.announcements.judge(this.environment.now(), tellsOf(segment));
    this.#meshSize.note(plan.announcements.relays);
    this.environment.broadcast({ t: 'have', h: [segment.infoHash] });
    this.sessions.completed(segment);
  }

  /** A playlist listed a new segment right after another. */
  listed(segment: Segment, after: string): void {
    if (segment.complete || !segment.info) return;
    const id = `new ${segment.infoHash}`;
    if (this.#seen.has(id)) return;
    this.#remember(id);
    this.environment.broadcast({
      t: 'new',
      h: segment.infoHash,
      l: segment.length,
      i: encodeInfoText(segment.info),
      after,
    });
  }

  receive(link: Link, message: ControlMessage): void {
    if (message.t === 'fetching') this.#fetchAnnounced(link, message);
    else if (message.t === 'new') this.#hint(link, message);
    this.sessions.receive(link, message);
    if (message.t === 'have' || message.t === 'part') {
      const segment = this.environment.segment(message.t === 'part' ? message.h : (message.h[0] ?? ''));
      if (segment && !segment.complete) this.consider(segment);
    }
  }

  linkOpened(): void {
    for (const infoHash of this.#plans.keys()) {
      const segment = this.environment.segment(infoHash);
      if (segment && !segment.complete) this.consider(segment);
    }
  }

  forget(infoHash: string): void {
    clearTimeout(this.#plans.get(infoHash)?.timer);
    this.#plans.delete(infoHash);
    this.sessions.forget(infoHash);
  }

  stop(): void {
    for (const infoHash of [...this.#plans.keys()]) this.forget(infoHash);
  }

  #plan(segment: Segment): Plan {
    let plan = this.#plans.get(segment.infoHash);
    if (!plan) {
      plan = {
        timer: undefined,
        timerAt: undefined,
        announcements: new Announcements(),
        lastByteAt: undefined,
        firstByteAt: undefined,
        lastAnnounced: Number.NEGATIVE_INFINITY,
        failures: 0,
        retryAt: 0,
        partTold: false,
      };
      this.#plans.set(segment.infoHash, plan);
    }
    return plan;
  }

  #wake(segment: Segment, plan: Plan, delay: number): void {
    plan.timer = setTimeout(() => this.consider(segment), Math.min(MAX_TICK_MS, Math.max(MIN_TICK_MS, delay)));
  }

  #announceFetch(segment: Segment, plan: Plan, now: number): void {
    if (now - plan.lastAnnounced < REANNOUNCE_MS) return;
    plan.lastAnnounced = now;
    this.environment.broadcast({ t: 'fetching', h: segment.infoHash, f: this.environment.peerId, a: 0 });
  }

  #fetchAnnounced(link: Link, message: ControlMessage & { t: 'fetching' }): void {
    // Its own, come back on another way.
    if (message.f === this.environment.peerId) return;
    const now = this.environment.now();
    const segment = this.environment.segment(message.h);
    // Those behind a viewer that has some of it hear of that instead.
    if (link.strikes < MAX_STRIKES && !segment?.hasSome) this.#relay(link, message, now);
    if (!segment || segment.complete) return;
    this.#plan(segment).announcements.heard(link, message.f, message.f === link.id, message.a, now);
  }

  #relay(link: Link, message: ControlMessage & { t: 'fetching' }, now: number): void {
    const id = `fetching ${message.h}`;
    const last = this.#seen.get(id) ?? Number.NEGATIVE_INFINITY;
    if (message.a >= MAX_RELAYS || now - last < RELAY_MS || this.#seen.has(`${id} ${message.f}`)) return;
    this.#remember(id);
    this.#remember(`${id} ${message.f}`);
    this.environment.broadcast({ ...message, a: message.a + 1 }, link);
  }

  #hint(link: Link, message: ControlMessage & { t: 'new' }): void {
    const id = `new ${message.h}`;
    if (this.#seen.has(id)) return;
    this.#remember(id);
    this.environment.broadcast(message, link);
    const segment = this.environment.hinted(message.h, message.l, message.after);
    if (!segment) return;
    void this.#takeInfo(segment, link, message.i);
  }

  async #takeInfo(segment: Segment, link: Link, text: string): Promise<void> {
    const info = await decodeInfoText(text, segment.infoHash);
    if (!info || !segment.setInfo(info)) {
      link.strikes += 1;
      return;
    }
    this.consider(segment);
  }

  #remember(id: string): void {
    this.#seen.delete(id);
    this.#seen.set(id, this.environment.now());
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= MAX_SEEN) break;
      this.#seen.delete(oldest);
    }
  }
}

/** Whether a link says that it has or receives some of it. */
function tellsOf({ infoHash }: Segment): (link: Link) => boolean {
  return (link) => link.has.has(infoHash) || link.receiving.has(infoHash);
}
