import { FlowChart } from './flow-chart.js';
import { formatBytes, formatRate } from './format.js';
import { setUpInvite } from './invite.js';
import { MeshGraph } from './mesh-graph.js';
import { Meter } from './meter.js';
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

/**
 * Shows what the loader and the player do, from now on, and lets the viewer switch P2P off.
 *
 * @param {object} shown read at each look
 * @param {object | undefined} shown.loader
 * @param {string | undefined} shown.failure why there is no loader, or why it did not start
 * @param {string | undefined} shown.trouble why the player stands still
 * @param {boolean} shown.worker whether segments go through the service worker
 * @param {import('./p2p.js').P2PSwitch | undefined} shown.p2p
 * @param {import('hls.js').default | undefined} shown.hls
 * @param {{ time: number, bytes: number }[]} shown.plain bytes that the player fetched by itself; taken away when counted
 * @param {{ p2p: boolean }} options the page's
 */
export function showFigures(shown, options) {
  const { loader, p2p, hls } = shown;
  const toggle = document.getElementById('p2p');
  const status = document.getElementById('status');
  const meter = new Meter();
  let startedAt = 0;
  let describedAt = -TEXT_EVERY;

  const mesh = new MeshGraph(document.getElementById('mesh'));
  const flow = new FlowChart(document.getElementById('flow'), meter, (rates, secondsAgo) => {
    write('flow-title', secondsAgo === 0 ? 'The last minute' : `${secondsAgo} s ago`);
    write('peer-rate', formatRate(rates.peerBytes));
    write('helper-rate', formatRate(rates.helperBytes));
    write('origin-rate', formatRate(rates.originBytes));
  });

  function tick() {
    const now = performance.now();
    const stats = loader?.stats;
    if (stats) meter.sample(now, stats);
    for (const { time, bytes } of shown.plain.splice(0)) meter.add(time, bytes);
    if (document.hidden) return;
    // Most viewers have none.
    document.body.toggleAttribute('data-helped', meter.totals.helperBytes > 0);
    showTotals(meter.totals, stats);
    const lines = mesh.update(stats?.peers ?? [], meter.totals.originBytes);
    flow.draw(now);
    const minute = meter.sum(now - 60_000, now);
    const { trouble, failure } = shown;
    const { tone, text } = describe({ trouble, failure, settled: now - startedAt > SETTLE, stats, minute });
    if (now - describedAt > TEXT_EVERY) {
      describedAt = now;
      write('mesh-text', lines.join('. '));
      write(
        'flow-text',
        `In the last minute ${formatBytes(minute.peerBytes)} came from peers${minute.helperBytes > 0 ? `, ${formatBytes(minute.helperBytes)} from helpers` : ''} and ${formatBytes(minute.originBytes)} from the origin.`,
      );
    }
    write('status-text', text);
    // Figures change each second; only a change of what happens is read out.
    if (status.dataset.tone !== tone) write('spoken', text);
    status.dataset.tone = tone;
    write('mesh-hint', stats?.links ? LINKED : ALONE);
  }

  toggle.checked = loader !== undefined && options.p2p;
  if (p2p) {
    toggle.disabled = false;
    toggle.addEventListener('change', async () => {
      startedAt = performance.now();
      await p2p.set(toggle.checked);
      tick();
    });
  }
  const averageOver = (details) => {
    meter.span = AVERAGED * 1000 * Math.max(1, details.averagetargetduration ?? details.targetduration);
  };
  hls?.on('hlsLevelUpdated', (_event, { details }) => averageOver(details));
  if (hls?.latestLevelDetails) averageOver(hls.latestLevelDetails);
  write('path', `Segments go through ${shown.worker ? 'the service worker' : 'hls.js'} here.`);
  setUpInvite();
  tick();
  setInterval(tick, TICK);
  document.addEventListener('visibilitychange', tick);
}
