import { FETCHING, HAVE, LEAVE, NEW, ORIGIN, PART, TICK } from './kinds.mjs';
import { isBefore, placeOf } from './places.mjs';

/** Most viewers whose numbers fit beside how often their announcement was passed on. */
const FETCHER_BITS = 20;
const FETCHERS = (1 << FETCHER_BITS) - 1;

/**
 * @typedef {import('../../packages/p2p-loader/src/schedule/announcements.js').Teller} Link
 * @typedef {import('../../packages/p2p-loader/src/schedule/announcements.js').Announcements<Link, number>} Heard
 */

/** A time of state.mjs as the policy takes it. @param {number} time */
const timeOf = (time) => (time < 0 ? undefined : time);

/** Timers, announcements and hints, as the loader's Scheduler drives the policy; times are those of one segment. */
export class Schedule {
  /** @param {import('./swarm.mjs').Swarm} world */
  constructor(world) {
    this.world = world;
    const { viewers } = world.options;
    const links = world.graph.to.length;
    /** By link. */
    this.links = Array.from({ length: links }, () => ({ strikes: 0, trusted: false }));
    /** @type {(Heard | undefined)[]} */
    this.announcements = new Array(viewers);
    /** Fetchers whose announcements were passed on, by viewer. @type {(number[] | undefined)[]} */
    this.relayed = new Array(viewers);
    this.meshSizes = Array.from({ length: viewers }, () => new world.loader.MeshSize());
    this.deliveries = Array.from({ length: viewers }, () => new world.loader.Delivery());
  }

  reset() {
    this.announcements.fill(undefined);
    this.relayed.fill(undefined);
  }

  /** @param {number} viewer */
  resetViewer(viewer) {
    this.announcements[viewer] = undefined;
    this.relayed[viewer] = undefined;
    this.meshSizes[viewer] = new this.world.loader.MeshSize();
    this.deliveries[viewer] = new this.world.loader.Delivery();
  }

  /** @param {number} viewer */
  #heard(viewer) {
    this.announcements[viewer] ??= new this.world.loader.Announcements();
    return this.announcements[viewer];
  }

  /** @param {number} viewer */
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
    if (world.liars[viewer]) return;
    const announcements = this.#heard(viewer);
    this.#judge(viewer, announcements);
    if (!state.listed[viewer]) {
      if (state.hintedAt[viewer] < 0) state.hintedAt[viewer] = now;
      this.#wake(viewer, this.world.loader.MAX_TICK_MS);
      return;
    }
    const need = { neededAt: state.neededAt[viewer], maxSlack: options.slack };
    announcements.lapse(need, now);
    const timerAt = state.timerAt[viewer];
    const elapsed = state.firstByteAt[viewer] < 0 ? 0 : now - state.firstByteAt[viewer];
    const missing = world.sessions.missing(viewer);
    const decision = loader.decide(
      {
        now,
        ...need,
        duration: options.duration,
        viewers: Math.max(world.swarmSize(viewer), this.meshSizes[viewer].viewers(world.linkCount(viewer))),
        place: timerAt < 0 && world.strategy.places ? placeOf(world, viewer) : undefined,
        delivery: this.deliveries[viewer].usual,
        links: world.linked[viewer] ? world.linkCount(viewer) : 0,
        joining: now - world.joinedAt[viewer] < this.world.loader.JOIN_MS,
        hintedAt: timeOf(state.hintedAt[viewer]),
        timerAt: timeOf(timerAt),
        announcedAt: timeOf(state.announcedAt[viewer]),
        yields: this.#yields(viewer, announcements),
        heldUntil: announcements.heldUntil(need),
        doubts: announcements.doubts,
        lastByteAt: state.flowing[viewer] ? now : timeOf(state.lastByteAt[viewer]),
        peerRate: elapsed > 0 ? (1000 * (1 - missing)) / elapsed : 0,
        missing,
      },
      world.strategy.draw(viewer),
    );
    if (decision.action === 'fetch') {
      this.#fetch(viewer);
      return;
    }
    if (decision.action === 'announce') {
      state.announcedAt[viewer] = now;
      this.announce(viewer);
    }
    state.timerAt[viewer] = decision.timerAt ?? Number.NEGATIVE_INFINITY;
    this.#wake(viewer, Math.min(decision.until, announcements.judgedAt) - now);
  }

  /** Its own playlist names the segment, which the player needs `left` ms from now. @param {number} viewer @param {number} left */
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

  /** A link says that there is a new segment. @param {number} viewer @param {number} slot */
  hint(viewer, slot) {
    const { state } = this.world;
    if (state.hinted[viewer]) return;
    state.hinted[viewer] = 1;
    this.world.broadcast(NEW, viewer, slot, 0);
    if (state.known[viewer]) return;
    state.known[viewer] = 1;
    this.#learned(viewer);
  }

  /** A link says that somebody fetches it from the origin. @param {number} viewer @param {number} slot @param {number} detail */
  fetchAnnounced(viewer, slot, detail) {
    const { world } = this;
    const { state, calendar, graph } = world;
    const { now } = calendar;
    const bit = 1 << slot;
    const at = viewer * graph.degree + slot;
    const fetcher = detail & FETCHERS;
    const relays = detail >> FETCHER_BITS;
    if (fetcher === viewer) return;
    const link = this.links[at];
    if (this.announcements[viewer]?.lied(link)) return;
    if (world.strategy.relays && link.strikes < world.loader.MAX_STRIKES && !state.some[viewer]) {
      this.#relay(viewer, slot, fetcher, relays);
    }
    if (!state.known[viewer] || state.done[viewer]) return;
    const beginsAt = state.announcedAt[fetcher] < 0 ? now : now + world.loader.LISTEN_MS;
    this.#heard(viewer).heard(link, fetcher, graph.to[at] === fetcher, relays, beginsAt);
    if (graph.to[at] === fetcher) {
      state.fetchingLinks[viewer] |= bit;
      world.sessions.queue(viewer, slot, beginsAt);
      this.consider(viewer);
    }
  }

  /** A link has it, or begins to. @param {number} viewer @param {number} slot @param {boolean} whole */
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

  /** @param {number} viewer */
  tellPart(viewer) {
    this.world.broadcast(PART, viewer, -1, 0);
  }

  /** @param {number} viewer */
  completed(viewer) {
    const announcements = this.#heard(viewer);
    announcements.judge(this.world.calendar.now, (link) => this.#tells(viewer, link));
    this.meshSizes[viewer].note(announcements.relays);
    this.deliveries[viewer].note(announcements.firstAt, announcements.firstAt ?? 0, this.world.calendar.now);
    if (!this.world.liars[viewer]) this.world.broadcast(HAVE, viewer, -1, 0);
  }

  /** Says that this viewer fetches it, at most once a second. @param {number} viewer */
  announce(viewer) {
    const { state, calendar } = this.world;
    if (calendar.now - state.lastAnnounced[viewer] < this.world.loader.REANNOUNCE_MS) return;
    state.lastAnnounced[viewer] = calendar.now;
    this.world.broadcast(FETCHING, viewer, -1, viewer);
  }

  /** @param {number} viewer */
  #learned(viewer) {
    if (this.world.liars[viewer]) this.world.lie(viewer);
    this.consider(viewer);
  }

  /** @param {number} viewer @param {number} slot */
  #offered(viewer, slot) {
    const { state, graph, sessions } = this.world;
    state.busyUntil[viewer * graph.degree + slot] = Number.NEGATIVE_INFINITY;
    sessions.connect(viewer);
  }

  /** @param {number} viewer @param {number} slot @param {number} fetcher @param {number} relays */
  #relay(viewer, slot, fetcher, relays) {
    const { state, calendar, loader } = this.world;
    this.relayed[viewer] ??= [];
    const relayed = this.relayed[viewer];
    const soon = calendar.now - state.relayedAt[viewer] < loader.RELAY_MS;
    /** @param {number} other */
    const goesFirst = relayed.every((other) => isBefore(this.world.segment, fetcher, other));
    if (soon && !(goesFirst && relayed.length < loader.MAX_RELAYED_AT_ONCE)) return;
    if (relays >= loader.MAX_RELAYS || relayed.includes(fetcher)) return;
    relayed.push(fetcher);
    state.relayedAt[viewer] = calendar.now;
    this.world.broadcast(FETCHING, viewer, slot, fetcher | ((relays + 1) << FETCHER_BITS));
  }

  /** As the loader's plan.ts. @param {number} viewer @param {import('./schedule.mjs').Heard} announcements */
  #yields(viewer, announcements) {
    const { state, segment } = this.world;
    return state.announcedAt[viewer] >= 0 && announcements.hasFetcher((fetcher) => isBefore(segment, fetcher, viewer));
  }

  /** @param {number} viewer @param {import('./schedule.mjs').Link} link */
  #tells(viewer, link) {
    const { state } = this.world;
    return ((state.has[viewer] | state.receiving[viewer]) & (1 << this.#slotOf(viewer, link))) !== 0;
  }

  /** @param {number} viewer @param {import('./schedule.mjs').Link} link */
  #slotOf(viewer, link) {
    const { degree } = this.world.graph;
    return this.links.indexOf(link, viewer * degree) - viewer * degree;
  }

  /** @param {number} viewer */
  #fetch(viewer) {
    const { world } = this;
    const { state, calendar, options } = world;
    state.fetching[viewer] = 1;
    world.fetched();
    this.announce(viewer);
    /** @param {number} share */
    const is = (share) => world.counts.copies === 1 && share > 0 && world.random() < share;
    if (is(options.silent)) {
      world.present[viewer] = 0;
      return;
    }
    if (is(options.closing)) {
      calendar.add(2 * options.hop, LEAVE, viewer, 0, 0);
      return;
    }
    calendar.add(options.originTime, ORIGIN, viewer, 0, 0);
    this.#wake(viewer, this.world.loader.REANNOUNCE_MS);
  }

  /** The viewer at the other end of this link is gone. @param {number} viewer @param {number} slot */
  linkClosed(viewer, slot) {
    const announcements = this.announcements[viewer];
    if (!announcements) return;
    announcements.gone(this.links[viewer * this.world.graph.degree + slot]);
    this.#judge(viewer, announcements);
  }

  /** @param {number} viewer @param {import('./schedule.mjs').Heard} announcements */
  #judge(viewer, announcements) {
    const { state, calendar, sessions } = this.world;
    for (const link of announcements.judge(calendar.now, (/** @type {Link} */ other) => this.#tells(viewer, other))) {
      sessions.leave(viewer, this.#slotOf(viewer, link));
      state.timerAt[viewer] = Number.NEGATIVE_INFINITY;
      if (state.firstByteAt[viewer] < 0) state.lastByteAt[viewer] = Number.NEGATIVE_INFINITY;
    }
  }

  /** A link gives bytes: it is believed again. @param {number} viewer @param {number} slot */
  gave(viewer, slot) {
    this.#heard(viewer).gave(this.links[viewer * this.world.graph.degree + slot]);
  }

  /** @param {number} viewer @param {number} delay */
  #wake(viewer, delay) {
    const { state, calendar } = this.world;
    const wait = Math.ceil(Math.min(this.world.loader.MAX_TICK_MS, Math.max(this.world.loader.MIN_TICK_MS, delay)));
    state.wakeAt[viewer] = calendar.now + wait;
    calendar.add(wait, TICK, viewer, 0, 0);
  }
}
