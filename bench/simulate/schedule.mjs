import { FETCHING, HAVE, NEW, ORIGIN, PART, TICK } from './kinds.mjs';

/** As in packages/p2p-loader/src/schedule/scheduler.ts. */
const MAX_TICK_MS = 300;
const MIN_TICK_MS = 10;
const REANNOUNCE_MS = 1_000;
const JOIN_MS = 3_000;
/** A relayed announcement's last passing, by fetcher and viewer, is kept in 16 bits. */
const MAX_TIME = 65_535;

/** Timers, announcements and hints, as the loader's Scheduler drives the policy; times are those of one segment. */
export class Schedule {
  /** By fetcher: when each viewer last passed its announcement on, ms + 1. */
  #seen = new Map();

  constructor(world) {
    this.world = world;
    this.strikes = new Uint8Array(world.options.viewers * world.graph.degree);
  }

  reset() {
    this.#seen.clear();
  }

  consider(viewer) {
    const { world } = this;
    const { state, calendar, policy, options } = world;
    if (state.done[viewer] || !state.known[viewer] || !world.present[viewer]) return;
    const { now } = calendar;
    world.sessions.connect(viewer);
    if (state.fetching[viewer]) {
      this.announce(viewer);
      this.#wake(viewer, REANNOUNCE_MS);
      return;
    }
    if (!state.listed[viewer]) {
      this.#wake(viewer, MAX_TICK_MS);
      return;
    }
    if (world.liars[viewer]) return;
    this.#judge(viewer, now);
    const timerAt = state.timerAt[viewer];
    const elapsed = state.firstByteAt[viewer] < 0 ? 0 : now - state.firstByteAt[viewer];
    const missing = world.sessions.missing(viewer);
    const decision = policy.decide(
      {
        now,
        neededAt: state.neededAt[viewer],
        maxSlack: options.slack,
        duration: options.duration,
        viewers: world.swarmSize(viewer),
        links: world.linked[viewer] ? world.linkCount(viewer) : 0,
        joining: now - world.joinedAt[viewer] < JOIN_MS,
        timerAt: timerAt < 0 ? undefined : timerAt,
        announcedAt: state.announcedAt[viewer],
        lastByteAt: state.flowing[viewer] ? now : state.lastByteAt[viewer],
        peerRate: elapsed > 0 ? (1000 * (1 - missing)) / elapsed : 0,
        missing,
      },
      world.strategy.draw(viewer),
    );
    if (decision.action === 'fetch') {
      this.#fetch(viewer);
      return;
    }
    state.timerAt[viewer] = decision.timerAt ?? Number.NEGATIVE_INFINITY;
    this.#wake(viewer, decision.until - now);
  }

  /** Its own playlist names the segment, which the player needs `left` ms from now. */
  listed(viewer, left) {
    const { state, calendar } = this.world;
    if (state.listed[viewer] || !this.world.present[viewer]) return;
    const { now } = calendar;
    state.known[viewer] = 1;
    state.listed[viewer] = 1;
    state.listedAt[viewer] = now;
    state.neededAt[viewer] = now + left;
    if (state.done[viewer]) return;
    if (this.world.strategy.relays && !state.hinted[viewer]) {
      state.hinted[viewer] = 1;
      this.world.broadcast(NEW, viewer, -1, 0);
    }
    this.#learned(viewer);
  }

  /** A link says that there is a new segment. */
  hint(viewer, slot) {
    const { state } = this.world;
    if (state.hinted[viewer]) return;
    state.hinted[viewer] = 1;
    this.world.broadcast(NEW, viewer, slot, 0);
    if (state.known[viewer]) return;
    state.known[viewer] = 1;
    this.#learned(viewer);
  }

  /** A link says that `fetcher` fetches it from the origin. */
  fetchAnnounced(viewer, slot, fetcher) {
    const { world } = this;
    const { state, calendar, graph } = world;
    const { now } = calendar;
    const bit = 1 << slot;
    if (world.strategy.relays && fetcher !== viewer) {
      let seen = this.#seen.get(fetcher);
      if (!seen) {
        seen = new Uint16Array(world.options.viewers);
        this.#seen.set(fetcher, seen);
      }
      const last = seen[viewer];
      if (last === 0 || now + 1 - last > REANNOUNCE_MS / 2) {
        seen[viewer] = Math.min(MAX_TIME, now + 1);
        world.broadcast(FETCHING, viewer, slot, fetcher);
      }
    }
    const at = viewer * graph.degree + slot;
    if (!state.known[viewer] || state.done[viewer]) return;
    if (this.strikes[at] < world.policy.MAX_STRIKES) {
      state.announcedAt[viewer] = now;
      if (state.firstByteAt[viewer] < 0) state.announcers[viewer] |= bit;
    }
    if (graph.to[at] === fetcher) {
      state.fetchingLinks[viewer] |= bit;
      this.#offered(viewer, slot);
    }
  }

  /** A link has it, or begins to. */
  offered(viewer, slot, whole) {
    const { state } = this.world;
    const bit = 1 << slot;
    if (whole) {
      state.has[viewer] |= bit;
      state.receiving[viewer] &= ~bit;
    } else state.receiving[viewer] |= bit;
    if (!state.known[viewer] || state.done[viewer]) return;
    this.#offered(viewer, slot);
    this.consider(viewer);
  }

  tellPart(viewer) {
    this.world.broadcast(PART, viewer, -1, 0);
  }

  completed(viewer) {
    if (!this.world.liars[viewer]) this.world.broadcast(HAVE, viewer, -1, 0);
  }

  /** Says that this viewer fetches it, at most once a second. */
  announce(viewer) {
    const { state, calendar } = this.world;
    if (calendar.now - state.lastAnnounced[viewer] < REANNOUNCE_MS) return;
    state.lastAnnounced[viewer] = calendar.now;
    this.world.broadcast(FETCHING, viewer, -1, viewer);
  }

  #learned(viewer) {
    if (this.world.liars[viewer]) this.world.lie(viewer);
    this.consider(viewer);
  }

  #offered(viewer, slot) {
    const { state, graph, sessions } = this.world;
    state.busyUntil[viewer * graph.degree + slot] = Number.NEGATIVE_INFINITY;
    sessions.connect(viewer);
  }

  #fetch(viewer) {
    const { world } = this;
    const { state, calendar, options } = world;
    state.fetching[viewer] = 1;
    world.fetched(viewer);
    this.announce(viewer);
    if (world.dying[viewer]) {
      world.present[viewer] = 0;
      return;
    }
    calendar.add(options.originTime, ORIGIN, viewer, 0, 0);
    this.#wake(viewer, REANNOUNCE_MS);
  }

  /** Announcements that lapsed without a byte count against those who brought them. */
  #judge(viewer, now) {
    const { state, graph, policy } = this.world;
    if (now - state.announcedAt[viewer] < policy.ANNOUNCEMENT_LIFE_MS) return;
    const announcers = state.announcers[viewer];
    if (announcers === 0) return;
    for (let slot = 0; slot < graph.degree; slot++) {
      const at = viewer * graph.degree + slot;
      if (announcers & (1 << slot) && this.strikes[at] < 255) this.strikes[at] += 1;
    }
    state.announcers[viewer] = 0;
  }

  #wake(viewer, delay) {
    const { state, calendar } = this.world;
    const wait = Math.ceil(Math.min(MAX_TICK_MS, Math.max(MIN_TICK_MS, delay)));
    state.wakeAt[viewer] = calendar.now + wait;
    calendar.add(wait, TICK, viewer, 0, 0);
  }
}
