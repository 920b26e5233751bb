/**
 * @typedef {object} Rule
 * @property {string} name as ARCHITECTURE.md's page of the schedule has it
 * @property {[module: string, from: string, to: string][]} without what is changed in a built module of p2p-loader/schedule to leave it out
 * @property {Partial<import('./options.mjs').Options>} [simulate] what the simulator does instead, where the rule is its own
 */

/** @param {string} module @param {string} name @param {string} value @param {string} instead @returns {Rule['without'][number]} */
const constant = (module, name, value, instead) => [module, `${name} = ${value};`, `${name} = ${instead};`];

/** The rules of the schedule that the simulator can tell about, each with how it is left out. @type {Rule[]} */
export const RULES = [
  { name: 'exponential timers', without: [], simulate: { strategy: 'uniform' } },
  { name: 'announcements go on', without: [], simulate: { strategy: 'timers' } },
  {
    name: 'turns by place',
    without: [['policy', 'const turn = view.place ? drawnFrom(view.place, u) : u;', 'const turn = u;']],
  },
  { name: 'listening', without: [constant('policy', 'MAX_LISTENERS', '200', '0')] },
  { name: 'listening among 200 only', without: [constant('policy', 'MAX_LISTENERS', '200', '1e9')] },
  { name: 'listening with 3 s only', without: [constant('policy', 'MIN_LISTENING_SLACK_MS', '3_000', '0')] },
  { name: 'slow deliveries end timers earlier', without: [constant('policy', 'HURRY', '2', '0')] },
  {
    name: 'fewer timers in less room',
    without: [['policy', 'view.viewers ** (room / slack)', 'view.viewers']],
  },
  {
    name: 'a hint begins the timer',
    without: [['policy', 'view.heldUntil === undefined ? (view.hintedAt ?? view.now) : view.now', 'view.now']],
  },
  { name: 'trust in who gave', without: [constant('policy', 'TRUSTED_WORD_LIFE_MS', '2_000', '700')] },
  { name: 'less trust in who did not', without: [constant('policy', 'WORD_LIFE_MS', '700', '2_000')] },
  { name: 'longer for each relay', without: [constant('policy', 'RELAY_LIFE_MS', '500', '0')] },
  { name: '80 % of the slack at most', without: [constant('policy', 'ANNOUNCED_SHARE', '0.8', '1')] },
  {
    name: 'doubt',
    without: [
      ['announcements', 'this.#doubts = true;', ''],
      ['announcements', 'claim.doubted = true;', 'void claim;'],
    ],
  },
  { name: 'doubters are few', without: [constant('policy', 'DOUBTER_SHARE', '0.3', '1')] },
  { name: 'strikes', without: [constant('policy', 'MAX_STRIKES', '2', 'Number.POSITIVE_INFINITY')] },
  {
    name: 'strikes for what links passed on',
    without: [['announcements', 'if (!doubted)\n                this.#strike(link);', '']],
  },
  { name: 'size of the mesh', without: [['mesh-size', 'if (relays.length === 0)', 'if (relays.length >= 0)']] },
  { name: 'earlier places go on at once', without: [constant('gossip', 'MAX_RELAYED_AT_ONCE', '4', '1')] },
  { name: 'one relay in 150 ms', without: [constant('gossip', 'RELAY_MS', '150', '0')] },
  { name: 'a second source after 300 ms', without: [constant('exchange', 'MAX_SOURCES', '2', '1')] },
  { name: 'not a second one at once', without: [constant('exchange', 'HEDGE_MS', '300', '0')] },
  { name: 'four exchanges of a segment', without: [constant('fair-share', 'MAX_SESSIONS', '4', '16')] },
  { name: 'fewer for who gave more', without: [constant('fair-share', 'FEW_VIEWERS', '16', '0')] },
];
