#!/usr/bin/env node
/**
 * `node bench/simulate/audience.mjs`: real viewers without a screen in one process, by real WebRTC, beside what the simulator predicts for as many,
 * with their links and delays. Each of the helper's viewers is the loader of pages.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RTCDataChannel } from 'node-datachannel/polyfill';
import { Cli } from '../../harness/cli.mjs';
import { root } from '../../harness/page-files.mjs';
import { installWebRtc } from '../../packages/helper/lib/vendor/node-datachannel.js';
import { installWebSocket } from '../../packages/helper/lib/vendor/ws.js';
import { Viewing } from '../../packages/helper/lib/viewer/viewing.js';
import { loadSchedule } from './loader.mjs';
import { simulateSeeds } from './seeds.mjs';

/** From the last viewer's joining to the first measured second, s. */
const SETTLED = 25;
/** Between two viewers that join, ms: see Viewing. */
const JOIN_MS = 200;
const SEEDS = 8;

const { values } = parseArgs({
  options: {
    viewers: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '60' },
    hop: { type: 'string', default: '20' },
    'data-hop': { type: 'string', default: '60' },
    'origin-time': { type: 'string', default: '60' },
    uplink: { type: 'string', default: '8' },
  },
});
const viewers = Number(values.viewers);
const seconds = Number(values.seconds);

const cli = await Cli.start(['-f', join(root, 'examples/feed'), '-l', '-s', 'false']);
const url = `${cli.url}manifest.m3u8`;

installWebRtc();
installWebSocket();
let messages = 0;
/** The control protocol is text, a message a line; "-" ends a segment on its channel. */
const { send } = RTCDataChannel.prototype;
RTCDataChannel.prototype.send = function counted(/** @type {string} */ data) {
  const text = typeof data === 'string' ? data : '';
  if (text.startsWith('{')) messages += text.split('\n').length;
  return send.call(this, data);
};

/** @type {{ viewers: readonly import('../../packages/helper/lib/stats.js').ViewerStats[] } | undefined} */
let last;
const viewing = new Viewing(
  {
    ...{ url, renditions: 'highest', all: false, maxUploadRate: undefined, maxBytes: 64 * 1024 * 1024, viewers },
    ...{ announce: undefined, group: undefined, groupRule: undefined, iceServers: [], headers: {} },
  },
  async () => [],
  {
    onStats: (stats) => {
      last = stats;
    },
    onWarning: (text) => console.error(text),
    onEnded: (failure) => console.error(`ended: ${failure}`),
  },
);
const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
const seen = () => {
  const of = (/** @type {'peerBytes' | 'originBytes' | 'late' | 'segments' | 'links'} */ name) =>
    (last?.viewers ?? []).reduce((sum, viewer) => sum + viewer[name], 0);
  return {
    ...{ peerBytes: of('peerBytes'), originBytes: of('originBytes'), late: of('late'), segments: of('segments') },
    ...{ links: of('links') / viewers, messages, cpu: process.cpuUsage().user + process.cpuUsage().system },
  };
};
await sleep(viewers * JOIN_MS + SETTLED * 1000);
const before = seen();
const from = performance.now();
await sleep(seconds * 1000);
const after = seen();
const took = (performance.now() - from) / 1000;
const since = (/** @type {'peerBytes' | 'originBytes' | 'late' | 'segments' | 'messages' | 'cpu'} */ name) =>
  after[name] - before[name];
const all = since('peerBytes') + since('originBytes');
const real = {
  links: after.links,
  copies: (viewers * since('originBytes')) / all,
  share: since('peerBytes') / all,
  messages: (since('messages') / viewers / took) * 60,
  late: since('late') / since('segments'),
};
await viewing.stop();
await cli.stop();

const loader = await loadSchedule((name) => import(`../../packages/p2p-loader/lib/schedule/${name}.js`));
const degree = Math.round(after.links);
const given = {
  ...{ viewers, degree, poll: 1, hop: Number(values.hop), dataHop: Number(values['data-hop']), segments: 30 },
  ...{ originTime: Number(values['origin-time']), uplink: Number(values.uplink), left: 11_000 },
};
const runs = simulateSeeds(given, SEEDS, loader);
const perMinute = 60_000 / runs.options.duration;
const predicted = {
  links: degree,
  copies: runs.copies.mean,
  share: 1 - runs.copies.mean / viewers,
  messages: runs.messages * perMinute,
  late: runs.late / (viewers * given.segments),
};
console.log(JSON.stringify({ viewers, seconds, cores: since('cpu') / 1e6 / took, real, predicted, delay: runs.delay }));
process.exit(0);
