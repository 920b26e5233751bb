import uPlot from 'uplot';
import { readExposition, sumOf } from './exposition.js';
import { formatBytes } from './format.js';
import { History } from './history.js';

/** How often the figures are asked for, ms. */
const EVERY = 2_000;
const HEIGHT = 200;

const figure = (name, labels) => (samples) => sumOf(samples, `live_torrent_${name}`, labels);
const received = (source) => figure('viewer_bytes_total', { source });
const cpu = (samples) => sumOf(samples, 'process_cpu_seconds_total');
const memory = (samples) => sumOf(samples, 'process_resident_memory_bytes');

/** Lines of charts: what of a figure, times what. */
const line =
  (read) =>
  (label, of, colour, factor = 1) => ({
    label,
    colour,
    values: (history) => read(history, of).map((one) => (one === null ? null : one * factor)),
  });
const rate = line((history, of) => history.rates(of));
const value = line((history, of) => history.values(of));

/** How fast one figure grows over how fast another one does. */
const ratio = (label, of, over, colour) => ({
  label,
  colour,
  values: (history) => {
    const below = history.rates(over);
    return history.rates(of).map((one, i) => (below[i] ? one / below[i] : null));
  },
});

const MBIT = 8e-6;
const MINUTE = 60;
const CHARTS = [
  {
    title: 'Viewers receive',
    unit: 'Mbit/s',
    lines: [
      rate('from peers', received('peers'), '--peers-fill', MBIT),
      rate('from helpers', received('helper'), '--helpers-fill', MBIT),
      rate('from the origin', received('origin'), '--origin-fill', MBIT),
    ],
  },
  {
    title: 'This server sends and reads',
    unit: 'Mbit/s',
    lines: [
      rate('segments to viewers', figure('server_segment_bytes_total'), '--origin-fill', MBIT),
      rate('from the upstream', figure('server_upstream_bytes_total'), '--upload', MBIT),
    ],
  },
  {
    title: 'Viewers',
    unit: '',
    lines: [
      value('at the tracker', figure('tracker_peers'), '--peers-fill'),
      ratio('links of each', figure('viewer_link_seconds_total'), figure('viewer_seconds_total'), '--upload'),
    ],
  },
  {
    title: 'Trouble',
    unit: 'a minute',
    lines: [
      rate('stalls', figure('viewer_stalls_total'), '--origin', MINUTE),
      rate('late segments', figure('viewer_late_segments_total'), '--upload', MINUTE),
      rate('bad pieces', figure('viewer_bad_pieces_total'), '--text', MINUTE),
      rate('failures of the upstream', figure('server_upstream_errors_total'), '--soft', MINUTE),
    ],
  },
  {
    title: 'Tracker',
    unit: 'a second',
    lines: [
      rate('announces', figure('tracker_announces_total'), '--peers-fill'),
      rate('passed on', figure('tracker_passed_on_total'), '--upload'),
      rate('refused', figure('tracker_refused_total'), '--origin'),
    ],
  },
  {
    title: 'Segments',
    unit: 'a minute',
    lines: [
      rate('hashed here', figure('magnetizer_segments_hashed_total'), '--peers-fill', MINUTE),
      rate('hashes of others', figure('magnetizer_shared_hits_total'), '--upload', MINUTE),
      rate('asked for by viewers', figure('server_segment_requests_total'), '--origin-fill', MINUTE),
    ],
  },
  { title: 'Processor', unit: '% of a core', lines: [rate('this process', cpu, '--peers-fill', 100)] },
  { title: 'Memory', unit: 'MB', lines: [value('this process', memory, '--peers-fill', 1e-6)] },
];

/** Of the whole life of the process. */
const TILES = [
  [
    'From peers',
    (samples) =>
      share(
        received('peers')(samples),
        ['peers', 'helper', 'origin'].map((source) => received(source)(samples)),
      ),
  ],
  ['Viewers', (samples) => String(figure('tracker_peers')(samples))],
  ['Sent from here', (samples) => formatBytes(figure('server_segment_bytes_total')(samples))],
  ['Received by viewers', (samples) => formatBytes(sumOf(samples, 'live_torrent_viewer_bytes_total'))],
  ['Segments hashed', (samples) => String(figure('magnetizer_segments_hashed_total')(samples))],
  ['Stalls', (samples) => String(figure('viewer_stalls_total')(samples))],
  ['Bad pieces', (samples) => String(figure('viewer_bad_pieces_total')(samples))],
];

function share(part, all) {
  const sum = all.reduce((total, one) => total + one, 0);
  return sum === 0 ? '–' : `${Math.round((100 * part) / sum)} %`;
}

/** As it is at the moment: light and dark may change. */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
const short = (number) =>
  number == null ? '–' : number >= 100 ? number.toFixed(0) : number.toFixed(number < 10 ? 2 : 1);

function element(name, className, ...children) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...children);
  return made;
}

/** Puts a chart into the page. @returns draws the history */
function chart({ title, unit, lines }) {
  const section = element('section', 'card chart', element('h2', '', `${title} `, element('small', '', unit)));
  section.setAttribute('aria-label', title);
  document.getElementById('charts').append(section);
  const axis = { stroke: () => colour('--soft'), grid: { stroke: () => colour('--line') }, ticks: { show: false } };
  const plot = new uPlot(
    {
      width: section.clientWidth - 32,
      height: HEIGHT,
      cursor: { y: false },
      scales: { y: { range: (_plot, _least, most) => [0, Math.max(1, most * 1.1 || 1)] } },
      axes: [axis, { ...axis, size: 46 }],
      series: [
        { label: 'time' },
        ...lines.map(({ label, colour: name }) => ({
          label,
          stroke: () => colour(name),
          width: 2,
          points: { show: false },
          value: (_plot, number) => short(number),
        })),
      ],
    },
    [[], ...lines.map(() => [])],
    section,
  );
  new ResizeObserver(() => plot.setSize({ width: section.clientWidth - 32, height: HEIGHT })).observe(section);
  return (history) => plot.setData([history.times, ...lines.map(({ values }) => values(history))]);
}

const tiles = TILES.map(([name, text]) => {
  const shown = element('dd', '', '–');
  document.getElementById('tiles').append(element('div', '', element('dt', '', name), shown));
  return (samples) => {
    shown.textContent = text(samples);
  };
});
const charts = CHARTS.map(chart);
const history = new History();
const trouble = document.getElementById('trouble');

async function look() {
  try {
    const response = await fetch('/metrics', { cache: 'no-store' });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const samples = readExposition(await response.text());
    history.add(Date.now() / 1000, samples, cpu);
    trouble.hidden = true;
    if (document.hidden) return;
    for (const show of tiles) show(samples);
    for (const draw of charts) draw(history);
  } catch (error) {
    trouble.textContent = `The server does not answer: ${error.message}. What you see is what it said last.`;
    trouble.hidden = false;
  } finally {
    setTimeout(look, EVERY);
  }
}

look();
