import { FETCHING, HAVE, NEW, ORIGIN, PART, TICK } from './kinds.mjs';

/** Timers, announcements and hints, as the loader's Scheduler drives the policy; times are those of one segment. */
export class Schedule {
  constructor(world) {
    this.world = world;
    this.strikes = new Uint8Array(world.options.viewers * world.graph.degree);
  }

  consider(viewer) {
    const { world } = this;
    const { state, calendar, loader, options } = world;
    if (state.done[viewer] || !state.known[viewer] || !world.present[viewer]) return;
    const { now } = calendar;
    world.sessions.connect(viewer);
    if (state.fetching[viewer]) {
      this.announce(viewer);
      this.#wake(viewer, this.world.loader.REANNOUNCE_MS);
      return;
    }
    if (!state.listed[viewer]) {
      this.#wake(viewer, this.world.loader.MAX_TICK_MS);
      return;
    }
    if (world.liars[viewer]) return;
    this.#judge(viewer, now);
    const timerAt = state.timerAt[viewer];
    const announcedAt = state.announcedAt[viewer];
    const elapsed = state.firstByteAt[viewer] < 0 ? 0 : now - state.firstByteAt[viewer];
    const missing = world.sessions.missing(viewer);
    const decision = loader.decide(
      {
        now,
        neededAt: state.neededAt[viewer],
        maxSlack: options.slack,
        duration: options.duration,
        viewers: world.swarmSize(viewer),
        links: world.linked[viewer] ? world.linkCount(viewer) : 0,
        joining: now - world.joinedAt[viewer] < this.world.loader.JOIN_MS,
        timerAt: timerAt < 0 ? undefined : timerAt,
        announcedAt: announcedAt < 0 ? undefined : announcedAt,
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
    const at = viewer * graph.degree + slot;
    const believed = this.strikes[at] < world.loader.MAX_STRIKES;
    if (
      world.strategy.relays &&
      believed &&
      !state.some[viewer] &&
      now - state.relayedAt[viewer] >= world.loader.RELAY_MS
    ) {
      state.relayedAt[viewer] = now;
      world.broadcast(FETCHING, viewer, slot, fetcher);
    }
    if (!state.known[viewer] || state.done[viewer]) return;
    if (believed && state.announcedAt[viewer] < 0) {
      state.announcedAt[viewer] = now;
      state.announcers[viewer] = bit;
    }
    if (graph.to[at] === fetcher && state.claimedAt[at] < 0) state.claimedAt[at] = now;
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
    if (calendar.now - state.lastAnnounced[viewer] < this.world.loader.REANNOUNCE_MS) return;
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
    this.#wake(viewer, this.world.loader.REANNOUNCE_MS);
  }

  /** A link gives bytes: it is believed again. */
  gave(viewer, slot) {
    const at = viewer * this.world.graph.degree + slot;
    if (this.strikes[at] > 0) this.strikes[at] -= 1;
    this.world.state.announcers[viewer] = 0;
    this.#judge(viewer, this.world.calendar.now);
  }

  /** Announcements that came to nothing count against the link that brought the first, and links that say they fetch. */
  #judge(viewer, now) {
    const { state, graph, loader, options } = this.world;
    const view = { neededAt: state.neededAt[viewer], maxSlack: options.slack };
    const lapsed = state.announcers[viewer] !== 0 && now >= loader.announcedUntil(view, state.announcedAt[viewer]);
    const has = state.has[viewer] | state.receiving[viewer];
    for (let slot = 0; slot < graph.degree; slot++) {
      const at = viewer * graph.degree + slot;
      const claimedAt = state.claimedAt[at];
      const idle = claimedAt >= 0 && !(has & (1 << slot)) && now - claimedAt >= loader.ANNOUNCEMENT_LIFE_MS;
      const brought = lapsed && state.announcers[viewer] & (1 << slot);
      if (idle) state.announcers[viewer] &= ~(1 << slot);
      if (claimedAt >= 0 && (idle || brought)) state.claimedAt[at] = Number.POSITIVE_INFINITY;
      if ((idle || brought) && this.strikes[at] < loader.MAX_STRIKES) this.strikes[at] += 1;
    }
    if (lapsed) state.announcers[viewer] = 0;
  }

  #wake(viewer, delay) {
    const { state, calendar } = this.world;
    const wait = Math.ceil(Math.min(this.world.loader.MAX_TICK_MS, Math.max(this.world.loader.MIN_TICK_MS, delay)));
    state.wakeAt[viewer] = calendar.now + wait;
    calendar.add(wait, TICK, viewer, 0, 0);
  }
}
