import { Calendar } from './calendar.mjs';
import { growingGraph, keptGraph, randomGraph } from './graph.mjs';
import * as kinds from './kinds.mjs';
import { Lines, PREFERENCES } from './lines.mjs';
import { shuffled } from './random.mjs';
import { Schedule } from './schedule.mjs';
import { Sessions } from './sessions.mjs';
import { createState } from './state.mjs';
import { STRATEGIES } from './strategies.mjs';

/** Liars repeat themselves this often, ms, while somebody may still listen. */
const LIE_MS = 1_000;
/** How much a viewer's reloads of the playlist drift from one segment to the next, ms. */
const DRIFT_MS = 100;
/** As the loader's mesh.ts. */
const FEWEST_LINKS = 2;
/** A joiner begins this many segments behind the newest one. */
const SEGMENTS_BEHIND = 2;

/** @typedef {{ copies: number, startup: number, messages: number, events: number, firstAt: number }} Counts */

/** Viewers of one live stream, who take one segment after the other. */
export class Swarm {
  /** Numbers of the segment that runs, and which it is. */
  /** @type {Counts} */
  counts = { copies: 0, startup: 0, messages: 0, events: 0, firstAt: Number.POSITIVE_INFINITY };
  segment = 0;

  /**
   * @param {import('./options.mjs').Options} options see options.mjs
   * @param {import('./loader.mjs').Loader} loader exports of policy.ts, gossip.ts, scheduler.ts and sessions.ts in packages/p2p-loader/src/schedule
   * @param {() => number} random
   */
  constructor(options, loader, random) {
    const { viewers } = options;
    this.options = options;
    this.loader = loader;
    this.random = random;
    this.calendar = new Calendar();
    if (options.lines) this.lines = new Lines(options, random);
    this.graph = this.#graph();
    this.state = createState(viewers, this.graph.degree);
    const strategy = /** @type {Record<string, import('./strategies.mjs').Strategy>} */ (STRATEGIES)[options.strategy];
    if (!strategy) throw new Error(`no strategy "${options.strategy}"`);
    this.strategy = { ...strategy, draw: strategy.draw(this) };
    this.sessions = new Sessions(this);
    this.schedule = new Schedule(this);
    this.present = new Uint8Array(viewers).fill(1);
    this.linked = new Uint8Array(viewers).fill(1);
    const { burst } = options;
    /** Relative to the segment's publication, ms; in a burst viewers are numbered in the order in which they join. */
    this.joinedAt = Float64Array.from({ length: viewers }, () => (burst > 0 ? random() * burst : -Infinity)).sort();
    this.phases = Float64Array.from({ length: viewers }, () => random() * options.poll);
    const order = shuffled(viewers, random);
    const liars = Math.round(viewers * options.liars);
    this.liars = new Uint8Array(viewers);
    for (let i = 0; i < liars; i++) this.liars[order[i]] = 1;
  }

  #graph() {
    const { options, lines, random } = this;
    const { viewers, degree, rounds, burst, trackerCap } = options;
    if (burst > 0) return growingGraph(viewers, degree, trackerCap, random);
    if (!lines) return randomGraph(viewers, degree, random);
    const preferred = PREFERENCES[options.prefer];
    if (!preferred) throw new Error(`no preference "${options.prefer}"`);
    const score = (/** @type {number} */ a, /** @type {number} */ b) => preferred(lines, a, b);
    return keptGraph(viewers, degree, { rounds, fewest: FEWEST_LINKS, score }, random);
  }

  /** Lets one segment spread; times begin with its publication. Returns what it cost. */
  run() {
    const { state, calendar, options, random } = this;
    state.reset();
    this.schedule.reset();
    calendar.clear();
    this.counts = { copies: 0, startup: 0, messages: 0, events: 0, firstAt: Number.POSITIVE_INFINITY };
    this.#admit();
    const leaving = (options.churn * options.duration) / 60_000;
    for (let viewer = 0; viewer < options.viewers; viewer++) {
      if (options.burst > 0) continue;
      this.phases[viewer] = (this.phases[viewer] + random() * DRIFT_MS) % options.poll;
      calendar.add(this.phases[viewer], kinds.LISTED, viewer, 0, 0);
      if (leaving > 0 && random() < leaving) calendar.add(random() * options.duration, kinds.LEAVE, viewer, 0, 0);
    }
    const end = options.poll + 2 * options.slack + 12_000;
    while (calendar.next(end)) {
      this.counts.events += 1;
      this.#happens(calendar.kind, calendar.viewer, calendar.slot, calendar.detail);
    }
    this.segment += 1;
    return this.counts;
  }

  /** What a viewer takes for the number of viewers: what a tracker told it, or those whom it is linked to. @param {number} viewer */
  swarmSize(viewer) {
    const { to, degree } = this.graph;
    let size = this.#told(viewer);
    let links = 0;
    for (let slot = 0; slot < degree; slot++) {
      const other = to[viewer * degree + slot];
      if (other < 0 || !this.linked[other]) continue;
      links += 1;
      size = Math.max(size, this.#told(other));
    }
    return Math.max(size, links + 1);
  }

  /** What a tracker told: in a burst those who were there when this viewer came. @param {number} viewer */
  #told(viewer) {
    const { viewers, burst, trackerCap } = this.options;
    return Math.min(trackerCap, burst > 0 ? viewer + 1 : viewers);
  }

  /** @param {number} viewer */
  linkCount(viewer) {
    const { to, degree } = this.graph;
    let count = 0;
    for (let slot = 0; slot < degree; slot++) {
      const other = to[viewer * degree + slot];
      if (other >= 0 && this.linked[other]) count += 1;
    }
    return count;
  }

  /**
   * A control message over one link; `lead` replaces the hop's usual time.
   * @param {number} kind @param {number} viewer @param {number} slot @param {number} detail @param {number} [lead] ms
   */
  send(kind, viewer, slot, detail, lead = this.options.hop * (0.5 + this.random())) {
    const at = viewer * this.graph.degree + slot;
    const other = this.graph.to[at];
    if (other < 0 || !this.linked[other] || !this.linked[viewer]) return;
    this.counts.messages += 1;
    const trip = this.lines ? this.lines.rtt(viewer, other) / 2 : 0;
    this.calendar.add(lead + trip, kind, other, this.graph.back[at], detail);
  }

  /** @param {number} kind @param {number} viewer @param {number} except @param {number} detail */
  broadcast(kind, viewer, except, detail) {
    for (let slot = 0; slot < this.graph.degree; slot++) if (slot !== except) this.send(kind, viewer, slot, detail);
  }

  /** A viewer asked the origin for this segment. */
  fetched() {
    this.counts.copies += 1;
  }

  /** @param {number} viewer */
  complete(viewer) {
    const { state, calendar } = this;
    if (state.done[viewer]) return;
    state.done[viewer] = 1;
    state.fetching[viewer] = 0;
    state.doneAt[viewer] = calendar.now;
    this.counts.firstAt = Math.min(this.counts.firstAt, calendar.now);
    this.schedule.completed(viewer);
    this.sessions.completed(viewer);
  }

  /** @param {number} viewer */
  lie(viewer) {
    this.schedule.announce(viewer);
    if (this.calendar.now < this.options.poll + this.options.slack) this.calendar.add(LIE_MS, kinds.LIE, viewer, 0, 0);
  }

  /** @param {number} kind @param {number} viewer @param {number} slot @param {number} detail */
  #happens(kind, viewer, slot, detail) {
    const { state, schedule, sessions, calendar } = this;
    if (kind === kinds.JOIN) this.#joins(viewer);
    if (!this.present[viewer]) return;
    switch (kind) {
      case kinds.LISTED:
        schedule.listed(viewer, Math.max(this.options.left, this.options.slack + this.loader.SAFETY_MARGIN_MS));
        break;
      case kinds.TICK:
        if (state.wakeAt[viewer] === calendar.now) schedule.consider(viewer);
        break;
      case kinds.NEW:
        schedule.hint(viewer, slot);
        break;
      case kinds.FETCHING:
        schedule.fetchAnnounced(viewer, slot, detail);
        break;
      case kinds.PART:
      case kinds.HAVE:
        schedule.offered(viewer, slot, kind === kinds.HAVE);
        break;
      case kinds.WANT:
        sessions.wanted(viewer, slot);
        break;
      case kinds.NO:
        sessions.refused(viewer, slot);
        break;
      case kinds.DATA:
        sessions.flows(viewer, slot);
        break;
      case kinds.DONE:
        sessions.arrived(viewer);
        break;
      case kinds.ORIGIN:
        this.complete(viewer);
        break;
      case kinds.LIE:
        this.lie(viewer);
        break;
      case kinds.LEAVE:
        this.#leaves(viewer);
        break;
      case kinds.LINKED:
        this.#links(viewer);
        break;
      default:
    }
  }

  /** One viewer goes and another comes in its place, with nothing, and with links after a while. @param {number} viewer */
  #leaves(viewer) {
    const { graph, state, sessions, schedule } = this;
    this.linked[viewer] = 0;
    this.liars[viewer] = 0;
    for (let slot = 0; slot < graph.degree; slot++) {
      const at = viewer * graph.degree + slot;
      const other = graph.to[at];
      if (other < 0) continue;
      schedule.linkClosed(other, graph.back[at]);
      schedule.links[at] = { strikes: 0, trusted: false };
      schedule.links[other * graph.degree + graph.back[at]] = { strikes: 0, trusted: false };
      sessions.linkClosed(other, graph.back[at]);
      schedule.consider(other);
    }
    state.resetViewer(viewer);
    schedule.resetViewer(viewer);
    this.present[viewer] = 0;
    this.calendar.add(1, kinds.JOIN, viewer, 0, 0);
  }

  /** The first segment comes from the origin at once; the one that is simulated is the last that the joiner needs. @param {number} viewer */
  #joins(viewer) {
    const { options, calendar } = this;
    this.present[viewer] = 1;
    this.joinedAt[viewer] = calendar.now;
    // A later joiner is counted with the segment that is the newest then.
    if (calendar.now < options.duration) this.counts.startup += 1;
    const newer = Math.min(SEGMENTS_BEHIND - 1, Math.floor(calendar.now / options.duration));
    this.schedule.listed(viewer, (SEGMENTS_BEHIND - newer) * options.duration);
    calendar.add(options.link, kinds.LINKED, viewer, 0, 0);
  }

  /** Its links open: hellos tell who has what. @param {number} viewer */
  #links(viewer) {
    const { graph, state } = this;
    this.linked[viewer] = 1;
    for (let slot = 0; slot < graph.degree; slot++) {
      const at = viewer * graph.degree + slot;
      const other = graph.to[at];
      if (other < 0 || !this.linked[other]) continue;
      if (state.done[other] && !this.liars[other]) state.has[viewer] |= 1 << slot;
      if (state.done[viewer] && !this.liars[viewer]) state.has[other] |= 1 << graph.back[at];
      this.schedule.consider(other);
    }
    this.schedule.consider(viewer);
  }

  /** In a burst: who joined before this segment, and who joins while it matters. */
  #admit() {
    const { options, calendar } = this;
    if (options.burst === 0) return;
    for (let viewer = 0; viewer < options.viewers; viewer++) {
      if (this.segment > 0) this.joinedAt[viewer] -= options.duration;
      const at = this.joinedAt[viewer];
      this.present[viewer] = at < 0 ? 1 : 0;
      this.linked[viewer] = at < -options.link ? 1 : 0;
      if (at < 0) {
        calendar.add(this.phases[viewer], kinds.LISTED, viewer, 0, 0);
        if (at >= -options.link) calendar.add(at + options.link, kinds.LINKED, viewer, 0, 0);
      } else if (at < SEGMENTS_BEHIND * options.duration) calendar.add(at, kinds.JOIN, viewer, 0, 0);
    }
  }
}
