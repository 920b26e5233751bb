import type { ControlMessage } from '../mesh/control.js';
import type { Link } from '../mesh/link.js';
import { RIDES } from '../mesh/outbox.js';
import type { SchedulerEnvironment } from './environment.js';
import { type Gossiped, tells } from './gossip.js';
import type { Plan } from './plan.js';

/** A fetch that goes on is announced again after this, ms. */
export const REANNOUNCE_MS = 1_000;

/** What a viewer says of its own segments, and to whom: nobody is told of what it has no use for. */
export class Telling<S extends Gossiped> {
  constructor(
    private readonly environment: Pick<SchedulerEnvironment<S>, 'peerId' | 'broadcast' | 'segment' | 'gives'>,
  ) {}

  /**
   * The origin is asked for it, or will be.
   * @param w ms until that begins
   */
  fetching(segment: S, plan: Plan, now: number, w = 0): void {
    if (now - plan.lastAnnounced < REANNOUNCE_MS) return;
    plan.lastAnnounced = now;
    this.#tell(segment, { t: 'fetching', h: segment.infoHash, f: this.environment.peerId, a: 0, ...(w > 0 && { w }) });
  }

  /** Some of it can be passed on: that is said once. */
  part(segment: S, plan: Plan): void {
    if (plan.partTold || !segment.hasSome || segment.complete) return;
    plan.partTold = true;
    this.#tell(segment, { t: 'part', h: segment.infoHash });
  }

  /** All of it is here. */
  have(segment: S): void {
    this.#tell(segment, { t: 'have', h: [segment.infoHash] });
  }

  /** A link lost these: it had been told of none of what it had itself. */
  again(link: Link, lost: readonly string[]): void {
    const kept = lost.filter((infoHash) => this.environment.segment(infoHash)?.complete);
    if (kept.length > 0 && (this.environment.gives?.() ?? true)) link.send({ t: 'have', h: kept }, RIDES);
  }

  /** Tells those of a segment who may want something of it. */
  #tell({ infoHash }: S, message: ControlMessage): void {
    const knows = message.t === 'part' ? tells : (link: Link) => link.has.has(infoHash);
    this.environment.broadcast(message, (link) => !knows(link, infoHash));
  }
}
