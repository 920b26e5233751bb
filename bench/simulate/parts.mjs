#!/usr/bin/env node
/**
 * `npm run bench:simulate:parts`: how many copies of a part of Low-Latency HLS the origin serves when many watch, and how late they come, with the
 * very rules of the loader.
 */
import { parseArgs } from 'node:util';
import { patience, Role, waitFor } from '../../packages/p2p-loader/lib/low-latency/part-policy.js';
import { Calendar } from './calendar.mjs';
import { growingGraph } from './graph.mjs';
import { seededRandom } from './random.mjs';

const KINDS = { list: 0, begin: 1, done: 2, fetched: 3, timer: 4, have: 5, want: 6, spare: 7, ask: 8 };
/** Parts on their way at the same time. */
const RING = 8;
/** A link that has a part, and gives nothing, is asked for it after this, ms. As link-parts.ts. */
const ASK_MS = 80;

export const DEFAULTS = {
  viewers: 1_000,
  /** Of a part, ms. */
  duration: 500,
  /** PART-HOLD-BACK, as a multiple of it. */
  holdBack: 3,
  /** Between two viewers, and to the origin, ms. */
  rtt: 50,
  /** Mbit/s of the stream, and of each viewer's lines. */
  bitrate: 1,
  uplink: 20,
  downlink: 50,
  /** Links of a viewer on average. */
  degree: 5,
  /** Until a part is verified, ms. */
  verify: 4,
  /** Reloads reach viewers within this, ms. */
  jitter: 40,
  /** Share of the parts that reach a viewer whose page is busy, and for how long it is at most, ms. */
  busy: 0,
  busyFor: 1_500,
  /** Share of the viewers who go in a minute, with a new one in their place. */
  churn: 0,
  parts: 60,
  warmup: 60,
  seed: 1,
};

/** @param {Partial<typeof DEFAULTS>} settings */
export function simulateParts(settings) {
  const o = { ...DEFAULTS, ...settings };
  const random = seededRandom(o.seed);
  const { viewers } = o;
  const graph = growingGraph(viewers, o.degree, viewers, random);
  const { degree, to, back } = graph;
  const calendar = new Calendar();
  const ids = Array.from({ length: viewers }, () => String(Math.floor(random() * 1e15)).padStart(16, '0'));
  const roles = ids.map((one) => new Role(one));
  const eager = new Uint8Array(viewers * degree).fill(1);
  const busy = new Float64Array(viewers);
  const size = RING * viewers;
  const [has, listedAt, arriving, asked, fetching] = [0, 0, 0, 0, 0].map(() => new Float64Array(size).fill(-1));
  /** Links that have it, by viewer's slots. */
  const theyHave = new Int32Array(size);
  /** What each told with a part. @type {(import('../../packages/p2p-loader/lib/low-latency/part-frames.js').RootWord | undefined)[]} */
  const words = new Array(size).fill(undefined);
  const bits = o.bitrate * 1000 * o.duration;
  const serialMs = bits / (o.uplink * 1000);
  const fetchMs = 1.5 * o.rtt + bits / (o.downlink * 1000);
  const left = (o.holdBack - 1) * o.duration;
  const maxWait = patience(left, fetchMs);
  const counts = { copies: 0, messages: 0, pushes: 0, spare: 0, late: 0, given: 0 };
  /** @type {number[]} */
  const waits = [];
  let measured = false;
  const oneWay = () => o.rtt / 2 + random() * 4;
  const slotOf = (/** @type {number} */ part) => (part % RING) * viewers;

  /** @param {number} v @param {number} slot @param {number} part */
  const push = (v, slot, part) => {
    const other = to[v * degree + slot];
    const start = Math.max(calendar.now, busy[v]);
    busy[v] = start + serialMs;
    if (measured) counts.pushes += 1;
    const travel = oneWay();
    const delay = start - calendar.now;
    calendar.add(delay + travel + Math.min(serialMs, 5), KINDS.begin, other, back[v * degree + slot], part);
    calendar.add(delay + travel + serialMs + 1, KINDS.done, other, back[v * degree + slot], part);
  };
  /** @param {number} kind @param {number} v @param {number} slot @param {number} part */
  const say = (kind, v, slot, part) => {
    if (measured) counts.messages += 1;
    calendar.add(oneWay(), kind, to[v * degree + slot], back[v * degree + slot], part);
  };
  /** @param {number} v @param {number} part */
  const obtain = (v, part) => {
    const at = slotOf(part) + v;
    if (has[at] >= 0) return;
    has[at] = calendar.now;
    words[at] = roles[v].word(Math.max(0, calendar.now - (listedAt[at] < 0 ? calendar.now : listedAt[at])));
    if (listedAt[at] >= 0) given(v, part);
    const first = Math.floor(random() * degree);
    for (let i = 0; i < degree; i++) {
      const slot = (first + i) % degree;
      if (to[v * degree + slot] < 0) continue;
      if (theyHave[at] & (1 << slot)) {
        const mine = words[at]?.root;
        const theirs = words[slotOf(part) + to[v * degree + slot]]?.root;
        if (mine !== undefined && !(theirs !== undefined && theirs <= mine)) say(KINDS.have, v, slot, part);
      } else if (eager[v * degree + slot]) push(v, slot, part);
      else say(KINDS.have, v, slot, part);
    }
  };
  /** @param {number} v @param {number} part */
  const given = (v, part) => {
    if (!measured) return;
    const waited = Math.max(0, calendar.now - listedAt[slotOf(part) + v]);
    waits.push(waited);
    counts.given += 1;
    if (waited > left) counts.late += 1;
  };
  /** @param {number} v @param {number} part */
  const fetch = (v, part) => {
    const at = slotOf(part) + v;
    if (fetching[at] >= 0 || has[at] >= 0) return;
    fetching[at] = calendar.now;
    if (measured) counts.copies += 1;
    calendar.add(fetchMs + random() * 10, KINDS.fetched, v, 0, part);
  };
  /** @param {number} v @param {number} part @param {number} other */
  const heard = (v, part, other) => {
    const word = words[slotOf(part) + other];
    if (word) roles[v].heard(word, maxWait);
  };

  const run = (/** @type {number} */ end) => {
    while (calendar.next(end)) {
      const { kind, viewer: v, slot, detail: part } = calendar;
      const at = slotOf(part) + v;
      const other = slot < degree ? to[v * degree + slot] : -1;
      const otherAt = slotOf(part) + other;
      switch (kind) {
        case KINDS.list:
          listedAt[at] = calendar.now;
          roles[v].next();
          if (has[at] >= 0) given(v, part);
          else if (roles[v].isRoot) fetch(v, part);
          else calendar.add(waitFor(maxWait, random()), KINDS.timer, v, 0, part);
          break;
        case KINDS.begin:
          if (has[at] >= 0 || arriving[at] >= 0) {
            // One of the two is spare: no more of that one.
            eager[v * degree + slot] = 0;
            if (measured) counts.spare += 1;
            say(KINDS.spare, v, slot, part);
          } else arriving[at] = calendar.now;
          break;
        case KINDS.done:
          theyHave[at] |= 1 << slot;
          if (has[at] < 0) {
            roles[v].took(calendar.now + o.verify - has[otherAt]);
            calendar.add(o.verify + (random() < o.busy ? random() * o.busyFor : 0), KINDS.ask, v, slot, part);
          }
          heard(v, part, other);
          break;
        case KINDS.ask:
          obtain(v, part);
          break;
        case KINDS.fetched:
          obtain(v, part);
          break;
        case KINDS.timer:
          if (has[at] >= 0) break;
          if (arriving[at] >= 0 && calendar.now - listedAt[at] < maxWait) {
            calendar.add(listedAt[at] + maxWait - calendar.now, KINDS.timer, v, 0, part);
            break;
          }
          roles[v].late();
          fetch(v, part);
          break;
        case KINDS.have:
          theyHave[at] |= 1 << slot;
          heard(v, part, other);
          if (has[at] < 0 && arriving[at] < 0 && asked[at] < 0) {
            asked[at] = calendar.now;
            calendar.add(ASK_MS, KINDS.want, v, degree + slot, part);
          }
          break;
        case KINDS.want: {
          if (slot >= degree) {
            // Its own timer: nobody else gave it.
            asked[at] = -1;
            if (has[at] >= 0 || arriving[at] >= 0) break;
            eager[v * degree + slot - degree] = 1;
            say(KINDS.want, v, slot - degree, part);
            break;
          }
          eager[v * degree + slot] = 1;
          if (has[at] >= 0) push(v, slot, part);
          break;
        }
        case KINDS.spare:
          theyHave[at] |= 1 << slot;
          eager[v * degree + slot] = 0;
          break;
        default:
      }
    }
  };

  const churners = (o.churn * viewers * o.duration) / 60_000;
  let owed = 0;
  for (let part = 0; part < o.warmup + o.parts; part++) {
    measured = part >= o.warmup;
    const from = slotOf(part);
    for (const array of [has, listedAt, arriving, asked, fetching]) array.fill(-1, from, from + viewers);
    theyHave.fill(0, from, from + viewers);
    words.fill(undefined, from, from + viewers);
    for (owed += churners; owed >= 1; owed--) {
      // Another viewer is in its place: with new links, all of them eager.
      const v = Math.floor(random() * viewers);
      roles[v] = new Role(ids[v]);
      for (let slot = 0; slot < degree; slot++) {
        eager[v * degree + slot] = 1;
        const other = to[v * degree + slot];
        if (other >= 0) eager[other * degree + back[v * degree + slot]] = 1;
      }
    }
    const begins = calendar.now;
    for (let v = 0; v < viewers; v++) calendar.add(oneWay() + random() * o.jitter, KINDS.list, v, 0, part);
    run(begins + o.duration);
    calendar.now = begins + o.duration;
  }
  waits.sort((a, b) => a - b);
  const n = o.parts;
  return {
    copies: counts.copies / n,
    share: counts.copies / n / viewers,
    messages: counts.messages / n / viewers,
    /** Parts that a viewer is sent, beyond the one that it needs. */
    spare: counts.spare / n / viewers,
    late: counts.late / Math.max(1, counts.given),
    median: waits[Math.floor(waits.length / 2)] ?? 0,
    p99: waits[Math.floor(waits.length * 0.99)] ?? 0,
    roots: roles.filter(({ isRoot }) => isRoot).length,
    left,
    maxWait,
  };
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const options = Object.fromEntries(
    Object.keys(DEFAULTS).map((name) => [name, { type: /** @type {const} */ ('string') }]),
  );
  const { values } = parseArgs({ options });
  const list = (/** @type {keyof typeof DEFAULTS} */ name) =>
    String(values[name] ?? DEFAULTS[name])
      .split(',')
      .map(Number);
  const rest = Object.fromEntries(Object.keys(values).map((name) => [name, Number(values[name])]));
  console.log(
    '| viewers | part | RTT | bit rate | copies | of viewers | waits, median | 99 % | late | spare | messages |',
  );
  console.log('| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
  for (const viewers of list('viewers'))
    for (const duration of list('duration'))
      for (const rtt of list('rtt'))
        for (const bitrate of list('bitrate')) {
          const r = simulateParts({ ...rest, viewers, duration, rtt, bitrate });
          const per = (/** @type {number} */ x) => `${(100 * x).toFixed(2)} %`;
          console.log(
            `| ${viewers} | ${duration / 1000} s | ${rtt} ms | ${bitrate} Mbit/s | ${r.copies.toFixed(1)} | ${per(r.share)} | ${r.median.toFixed(0)} ms | ${r.p99.toFixed(0)} ms | ${per(r.late)} | ${r.spare.toFixed(2)} | ${r.messages.toFixed(2)} |`,
          );
        }
}
