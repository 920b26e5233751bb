import { FlowChart } from './flow-chart.js';
import { formatBytes, formatRate } from './format.js';
import { setUpInvite } from './invite.js';
import { MeshGraph } from './mesh-graph.js';
import { Meter } from './meter.js';
import { readOptions } from './options.js';
import { createLoader, P2PSwitch, workerControls } from './p2p.js';
import { watchPlainBytes } from './plain-bytes.js';
import { play } from './player.js';
import { describe } from './status.js';
import { showTotals, write } from './totals.js';

/** How often figures are read and drawn, ms. */
const TICK = 1_000;

/** Between two versions of the texts for those who do not see the graph and the chart, ms. */
const TEXT_EVERY = 10_000;

/** Segments that rates are averaged over. */
const AVERAGED = 2;

/** How long P2P may need to hear from the first playlists, ms. */
const SETTLE = 10_000;

const LINKED = 'Green lines bring segments to you, violet ones carry yours to others.';
const ALONE = 'No other viewer is linked yet. Open a second one and watch what happens.';

const options = readOptions(location.search);
const video = document.getElementById('player');
const toggle = document.getElementById('p2p');
const status = document.getElementById('status');
const meter = new Meter();
const state = { trouble: undefined, failure: undefined, startedAt: 0, describedAt: -TEXT_EVERY, loader: undefined };

const mesh = new MeshGraph(document.getElementById('mesh'));
const flow = new FlowChart(document.getElementById('flow'), meter, (rates, secondsAgo) => {
  write('flow-title', secondsAgo === 0 ? 'The last minute' : `${secondsAgo} s ago`);
  write('peer-rate', formatRate(rates.peerBytes));
  write('origin-rate', formatRate(rates.originBytes));
});

function tick() {
  const now = performance.now();
  const stats = state.loader?.stats;
  if (stats) meter.sample(now, stats);
  if (document.hidden) return;
  showTotals(meter.totals, stats);
  const lines = mesh.update(stats?.peers ?? [], meter.totals.originBytes);
  flow.draw(now);
  const minute = meter.sum(now - 60_000, now);
  const { tone, text } = describe({
    ...state,
    settled: now - state.startedAt > SETTLE,
    stats,
    minute,
  });
  if (now - state.describedAt > TEXT_EVERY) {
    state.describedAt = now;
    write('mesh-text', lines.join('. '));
    write(
      'flow-text',
      `In the last minute ${formatBytes(minute.peerBytes)} came from peers and ${formatBytes(minute.originBytes)} from the origin.`,
    );
  }
  write('status-text', text);
  // Figures change each second; only a change of what happens is read out.
  if (status.dataset.tone !== tone) write('spoken', text);
  status.dataset.tone = tone;
  write('mesh-hint', stats?.links ? LINKED : ALONE);
}

async function readConfig() {
  try {
    const response = await fetch('/config.json');
    if (response.ok) return await response.json();
    console.warn(`live-torrent: config.json: HTTP ${response.status}`);
  } catch (error) {
    console.warn('live-torrent: config.json:', error);
  }
  return {};
}

function setUpP2P({ loader, failure }) {
  Object.assign(state, { loader, failure });
  toggle.checked = loader !== undefined && options.p2p;
  if (loader === undefined) return;
  globalThis.liveTorrent = loader;
  loader.attachMedia(video);
  const p2p = new P2PSwitch(loader, (reason) => {
    state.failure = reason;
  });
  toggle.disabled = false;
  toggle.addEventListener('change', async () => {
    state.startedAt = performance.now();
    await p2p.set(toggle.checked);
    tick();
  });
  return options.p2p ? p2p.set(true) : undefined;
}

async function main() {
  // All at once, and the page's own figures once the player has begun.
  const [config, worker, Hls, p2pLibrary] = await Promise.all([
    readConfig(),
    options.worker && workerControls(),
    import('/hls.js').then((module) => module.default).catch((error) => void console.warn('No hls.js:', error)),
    import('/p2p-loader.js').catch((error) => void console.warn('live-torrent: no P2P:', error)),
  ]);
  await setUpP2P(createLoader({ library: p2pLibrary, config, worker }));
  write('path', `Segments go through ${worker ? 'the service worker' : 'hls.js'} here.`);

  const hls = play({
    video,
    source: config.manifest ?? '/manifest.m3u8',
    Hls,
    config: worker ? {} : state.loader?.hlsConfig(),
    onTrouble: (words) => {
      state.trouble = words;
    },
  });
  globalThis.hls = hls;
  if (hls) {
    hls.on(Hls.Events.LEVEL_UPDATED, (_event, { details }) => {
      meter.span = AVERAGED * 1000 * Math.max(1, details.averagetargetduration ?? details.targetduration);
    });
    watchPlainBytes(Hls, hls, state.loader, (bytes) => meter.add(performance.now(), bytes));
  }
  setUpInvite();
  tick();
  setInterval(tick, TICK);
  document.addEventListener('visibilitychange', tick);
}

main();
