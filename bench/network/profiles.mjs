// @ts-check
/**
 * Lines that people have. `down` and `up` in Mbit/s with Ethernet headers, `rttMs` from the viewer to the origin and back, `jitterMs` more or
 * less of it, `loss` of packets each way (0 to 1), `queueMs` that the line's buffer holds at full rate.
 * @typedef {{ down: number, up: number, rttMs: number, jitterMs: number, loss: number, queueMs: number }} Line
 * @typedef {{ line: Line, viewers: number, translation?: import('./address-translation.mjs').Translation }} Site viewers who share a line; among them
 *   is a switched LAN, or a router that translates addresses
 * @typedef {{ sites: Site[], ladder: boolean, why: string }} Profile
 */

/**
 * Rates are products on sale in Europe. Delay, jitter, loss and queues: RIPE Atlas and FCC "Measuring Broadband America" (fixed lines: idle round
 * trips of 10 to 40 ms by technology), bufferbloat.net (cable modems queue 200 ms and more), ETSI TR 103 702 and Opensignal (LTE: 40 to 70 ms, jitter
 * of tens of ms, about 1 % of loss in motion).
 * @type {Record<string, Line>}
 */
export const LINES = {
  fibre: { down: 300, up: 100, rttMs: 10, jitterMs: 0, loss: 0, queueMs: 50 },
  cable: { down: 50, up: 10, rttMs: 25, jitterMs: 2, loss: 0, queueMs: 200 },
  dsl: { down: 16, up: 1.5, rttMs: 40, jitterMs: 2, loss: 0, queueMs: 150 },
  mobile: { down: 12, up: 4, rttMs: 70, jitterMs: 30, loss: 0.01, queueMs: 200 },
  narrow: { down: 8, up: 8, rttMs: 2, jitterMs: 0, loss: 0, queueMs: 150 },
};

/** The line of the company or school whose viewers share one. @type {Line} */
const OFFICE = { down: 8, up: 8, rttMs: 25, jitterMs: 0, loss: 0, queueMs: 150 };

/** Homes of `nat`: what their routers do. @type {{ name: string, viewers: number, translation?: import('./address-translation.mjs').Translation }[]} */
export const HOMES = [
  { name: 'public address', viewers: 1 },
  { name: 'full cone', viewers: 1, translation: { kind: 'full-cone' } },
  { name: 'port restricted', viewers: 2, translation: { kind: 'restricted' } },
  { name: 'symmetric', viewers: 1, translation: { kind: 'symmetric' } },
  { name: 'symmetric', viewers: 1, translation: { kind: 'symmetric' } },
  { name: 'relay only', viewers: 1, translation: { kind: 'restricted', udpOnlyTo: 'relay' } },
];

export const PROFILES = [...Object.keys(LINES), 'mix', 'office', 'nat', 'groups'];

/**
 * @param {string} name one of PROFILES
 * @param {number} viewers all together; those of `nat` are fixed
 * @returns {Site[]}
 */
export function sitesOf(name, viewers) {
  if (name === 'office') return [{ line: OFFICE, viewers }];
  if (name === 'nat') {
    return HOMES.map((home) => ({
      line: /** @type {Line} */ (LINES.fibre),
      viewers: home.viewers,
      ...(home.translation && { translation: home.translation }),
    }));
  }
  const kinds = name === 'mix' ? Object.values(LINES) : [/** @type {Line} */ (LINES[name])];
  return Array.from({ length: viewers }, (_, i) => ({
    line: /** @type {Line} */ (kinds[i % kinds.length]),
    viewers: 1,
  }));
}

/** The same rate both ways, and nothing else. @param {number} megabits @returns {Line} */
export const plainLine = (megabits) => ({
  down: megabits,
  up: megabits,
  rttMs: 0,
  jitterMs: 0,
  loss: 0,
  queueMs: 150,
});
