import { DATA, DONE, NO, WANT } from './kinds.mjs';
import { countBits } from './state.mjs';

/** Of a segment. */
const LAST_BYTE = 1e-6;
/** Slow links are asked after all others. */
const SLOW_RANK = 3;

/** Which link exchanges the segment, as the loader's Sessions do it; a segment is one unit that flows at a rate. */
export class Sessions {
  /** @param {import('./swarm.mjs').Swarm} world */
  constructor(world) {
    this.world = world;
    const { dataHop, hop, uplink } = world.options;
    const { lines } = world;
    /** ms from a stream being agreed on, or its source having something, to the first bytes. @type {(from: number, to: number) => number} */
    this.transit = lines ? (a, b) => lines.transit(a, b) : () => Math.max(1, dataHop - 2 * hop);
    /** Segments a ms from one viewer to another while the first gives to so many. @type {(from: number, to: number, streams: number) => number} */
    this.rate = lines
      ? (from, to, streams) => lines.rate(from, to, streams)
      : (_from, _to, streams) => uplink / 1000 / streams;
    this.uploads = new Float64Array(world.options.viewers);
    this.shares = Array.from(this.uploads, () => new world.loader.FairShare());
  }

  /** Asks links that have, fetch or receive it, best first. @param {number} viewer */
  connect(viewer) {
    if (this.world.liars[viewer]) return;
    const { state, calendar, graph, random, options } = this.world;
    const { now } = calendar;
    const { degree } = graph;
    const base = viewer * degree;
    let asked = state.asked[viewer];
    for (let slot = 0; slot < degree; slot++) {
      if (asked & (1 << slot) && now - state.askedAt[base + slot] > this.world.loader.ASK_TIMEOUT_MS)
        asked &= ~(1 << slot);
    }
    state.asked[viewer] = asked;
    const { loader } = this.world;
    const sources = now - state.firstAskedAt[viewer] < loader.HEDGE_MS ? 1 : loader.MAX_SOURCES;
    if (countBits(state.incoming[viewer] | state.outgoing[viewer]) >= loader.MAX_SESSIONS) return;
    let room = sources - countBits(state.incoming[viewer]) - countBits(asked);
    let candidates =
      (state.has[viewer] | state.fetchingLinks[viewer] | state.receiving[viewer]) &
      ~(asked | state.incoming[viewer] | state.outgoing[viewer]);
    for (; room > 0 && candidates !== 0; room--) {
      let best = -1;
      let bestRank = Number.POSITIVE_INFINITY;
      for (let slot = 0; slot < degree; slot++) {
        const bit = 1 << slot;
        if (!(candidates & bit)) continue;
        if (state.busyUntil[base + slot] > now) {
          candidates &= ~bit;
          continue;
        }
        const rank =
          (state.has[viewer] & bit ? 0 : state.fetchingLinks[viewer] & bit ? 1 : 2) +
          (this.#isSlow(viewer, slot) ? SLOW_RANK : 0) +
          random();
        if (rank >= bestRank) continue;
        best = slot;
        bestRank = rank;
      }
      if (best < 0) return;
      candidates &= ~(1 << best);
      state.asked[viewer] |= 1 << best;
      state.askedAt[base + best] = now;
      state.firstAskedAt[viewer] = Math.min(state.firstAskedAt[viewer], now);
      if (!(state.hoped[viewer] & (1 << best))) state.lastByteAt[viewer] = now;
      state.hoped[viewer] |= 1 << best;
      this.world.send(WANT, viewer, best, 0, options.hop);
    }
  }

  /** As the loader's candidates.ts, which knows rates by what links gave before. @param {number} viewer @param {number} slot */
  #isSlow(viewer, slot) {
    const { lines, graph, state, calendar, loader } = this.world;
    if (!lines) return false;
    const left = Math.max(1, state.neededAt[viewer] - calendar.now);
    return lines.rate(graph.to[viewer * graph.degree + slot], viewer, 1) * left < 1 / loader.MAX_SOURCES;
  }

  /** A fetcher is asked once it begins. @param {number} viewer @param {number} slot @param {number} beginsAt */
  queue(viewer, slot, beginsAt) {
    const { state, graph, loader, options, calendar } = this.world;
    if (options.viewers > loader.FEW_VIEWERS)
      state.firstAskedAt[viewer] = Math.min(state.firstAskedAt[viewer], calendar.now);
    state.busyUntil[viewer * graph.degree + slot] = beginsAt;
  }

  /** A link asks `source` for the segment. @param {number} source @param {number} slot */
  wanted(source, slot) {
    const { state, graph, calendar, liars, options } = this.world;
    const bit = 1 << slot;
    const viewer = graph.to[source * graph.degree + slot];
    const there = graph.back[source * graph.degree + slot];
    if ((state.outgoing[source] | state.incoming[source]) & bit) return;
    const reserved = state.done[source] || state.fetching[source] || state.incoming[source] ? 0 : 1;
    const streams = countBits(state.outgoing[source] | state.incoming[source]);
    const most = Math.min(this.shares[source].sessions(options.viewers), this.world.loader.MAX_SESSIONS - reserved);
    if (!liars[source] && (!state.known[source] || streams >= most)) {
      this.world.send(NO, source, slot, 0);
      return;
    }
    this.shares[source].gave();
    state.outgoing[source] |= bit;
    state.asked[viewer] &= ~(1 << there);
    state.incoming[viewer] |= 1 << there;
    if (state.some[source]) calendar.add(this.transit(source, viewer), DATA, viewer, there, 0);
  }

  /** @param {number} viewer @param {number} slot */
  refused(viewer, slot) {
    const { state, calendar, graph } = this.world;
    if (!(state.asked[viewer] & (1 << slot))) return;
    state.asked[viewer] &= ~(1 << slot);
    state.busyUntil[viewer * graph.degree + slot] = calendar.now + this.world.loader.BUSY_MS;
    this.world.schedule.consider(viewer);
  }

  /** The first bytes of a stream. @param {number} viewer @param {number} slot */
  flows(viewer, slot) {
    const { state, calendar, graph } = this.world;
    const bit = 1 << slot;
    if (state.done[viewer] || !(state.incoming[viewer] & bit) || state.flowing[viewer] & bit) return;
    const { now } = calendar;
    const source = graph.to[viewer * graph.degree + slot];
    this.#settle(viewer);
    state.flowing[viewer] |= bit;
    state.rate[viewer] += this.rate(source, viewer, Math.max(1, countBits(state.outgoing[source])));
    this.#expect(viewer);
    state.lastByteAt[viewer] = now;
    if (state.firstByteAt[viewer] < 0) state.firstByteAt[viewer] = now;
    this.world.schedule.gave(viewer, slot);
    this.hasSome(viewer);
  }

  /** Some of it can be passed on: those who wait for it get it. @param {number} viewer */
  hasSome(viewer) {
    const { state, schedule } = this.world;
    if (state.some[viewer]) return;
    state.some[viewer] = 1;
    if (!state.done[viewer]) schedule.tellPart(viewer);
    this.#feed(viewer);
  }

  /** The transfers should have brought all by now: a source that is itself not through holds that up. @param {number} viewer */
  arrived(viewer) {
    const { state, calendar, graph } = this.world;
    if (state.done[viewer] || calendar.now < state.expectedAt[viewer]) return;
    for (let slot = 0; slot < graph.degree; slot++) {
      if (!(state.flowing[viewer] & (1 << slot))) continue;
      const source = graph.to[viewer * graph.degree + slot];
      if (state.done[source] && calendar.now >= state.doneAt[source] + this.transit(source, viewer)) {
        this.#account(viewer);
        this.world.complete(viewer);
        return;
      }
    }
  }

  /** All is here: its own sources are let go; those who wait for the rest get it. @param {number} viewer */
  completed(viewer) {
    const { state, graph } = this.world;
    this.shares[viewer].took();
    for (let slot = 0; slot < graph.degree; slot++) {
      if (!(state.incoming[viewer] & (1 << slot))) continue;
      const at = viewer * graph.degree + slot;
      state.outgoing[graph.to[at]] &= ~(1 << graph.back[at]);
    }
    state.incoming[viewer] = 0;
    state.flowing[viewer] = 0;
    this.hasSome(viewer);
    this.#feed(viewer);
  }

  /** A link that said it fetches has nothing: its place is for another. @param {number} viewer @param {number} slot */
  leave(viewer, slot) {
    const { state, graph } = this.world;
    const at = viewer * graph.degree + slot;
    state.fetchingLinks[viewer] &= ~(1 << slot);
    state.asked[viewer] &= ~(1 << slot);
    state.incoming[viewer] &= ~(1 << slot);
    state.outgoing[graph.to[at]] &= ~(1 << graph.back[at]);
    state.busyUntil[at] = this.world.calendar.now + this.world.loader.BUSY_MS;
  }

  /** The viewer at the other end of this link is gone. @param {number} viewer @param {number} slot */
  linkClosed(viewer, slot) {
    const { state, graph } = this.world;
    const bit = 1 << slot;
    const mask = ~bit;
    this.#settle(viewer);
    if (state.flowing[viewer] & bit) {
      const flows = countBits(state.flowing[viewer]);
      state.rate[viewer] *= (flows - 1) / flows;
    }
    const { has, receiving, fetchingLinks, asked, hoped, incoming, flowing, outgoing } = state;
    for (const links of [has, receiving, fetchingLinks, asked, hoped, incoming, flowing, outgoing])
      links[viewer] &= mask;
    state.busyUntil[viewer * graph.degree + slot] = Number.NEGATIVE_INFINITY;
    this.#expect(viewer);
  }

  /** Segments that are still missing, up to 1, and more than 0 until it is whole: its source may not be. @param {number} viewer */
  missing(viewer) {
    const { state, calendar } = this.world;
    if (state.rate[viewer] === 0) return state.kept[viewer];
    return Math.max(LAST_BYTE, (state.expectedAt[viewer] - calendar.now) * state.rate[viewer]);
  }

  /** @param {number} viewer */
  #settle(viewer) {
    this.world.state.kept[viewer] = this.missing(viewer);
  }

  /** @param {number} viewer */
  #expect(viewer) {
    const { state, calendar } = this.world;
    const { now } = calendar;
    const rate = state.rate[viewer];
    state.expectedAt[viewer] = rate > 0 ? now + state.kept[viewer] / rate : Number.POSITIVE_INFINITY;
    if (rate > 0) calendar.add(Math.ceil(state.expectedAt[viewer] - now), DONE, viewer, 0, 0);
  }

  /** @param {number} viewer */
  #feed(viewer) {
    const { state, calendar, graph } = this.world;
    for (let slot = 0; slot < graph.degree; slot++) {
      if (!(state.outgoing[viewer] & (1 << slot))) continue;
      const at = viewer * graph.degree + slot;
      const kind = state.flowing[graph.to[at]] & (1 << graph.back[at]) ? DONE : DATA;
      calendar.add(this.transit(viewer, graph.to[at]), kind, graph.to[at], graph.back[at], 0);
    }
  }

  /** @param {number} viewer */
  #account(viewer) {
    const { state, graph } = this.world;
    const share = 1 / countBits(state.flowing[viewer]);
    for (let slot = 0; slot < graph.degree; slot++) {
      if (state.flowing[viewer] & (1 << slot)) this.uploads[graph.to[viewer * graph.degree + slot]] += share;
    }
  }
}
