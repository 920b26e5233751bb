// @ts-check
import { parseArgs } from 'node:util';
import { PROFILES } from '../network/profiles.mjs';

/**
 * The last three are floors, of what goes between viewers, of what does so by WebTorrent, and of what goes through a worker: see bench/play/pages/chain.js,
 * torrents.js and forward.js.
 */
export const DELIVERIES = ['plain', 'p2pml', 'hls', 'worker', 'chain', 'torrents', 'forward'];
export const JOIN_PATTERNS = ['interval', 'at-once', 'burst'];

/**
 * @typedef {{ help: string, short?: string, fallback?: string, unit?: string }} Text
 * @typedef {Text & { type: 'number', min: number, max: number, whole?: boolean }} NumberFlag
 * @typedef {Text & { type: 'numbers', min: number, max: number }} NumbersFlag
 * @typedef {Text & { type: 'names', of: string[] }} NamesFlag
 * @typedef {Text & { type: 'choice', of: string[] }} ChoiceFlag
 * @typedef {Text & { type: 'text', pattern: RegExp }} TextFlag
 * @typedef {Text & { type: 'switch' }} Switch
 */

/** @type {Record<string, NumberFlag | NumbersFlag | NamesFlag | ChoiceFlag | TextFlag | Switch>} */
const FLAGS = {
  viewers: {
    type: 'numbers',
    short: 'n',
    min: 1,
    max: 64,
    fallback: '8',
    unit: 'LIST',
    help: 'numbers of viewers, comma-separated',
  },
  deliveries: {
    type: 'names',
    short: 'd',
    of: DELIVERIES,
    fallback: 'plain,p2pml,hls,worker',
    unit: 'LIST',
    help: 'what is compared: these, or chain, the bare cost of WebRTC, torrents, that of WebTorrent, or forward, that of a worker',
  },
  repeat: {
    type: 'number',
    short: 'r',
    min: 1,
    max: 100,
    whole: true,
    fallback: '3',
    unit: 'N',
    help: 'runs of each, interleaved',
  },
  seconds: {
    type: 'number',
    short: 's',
    min: 4,
    max: 86_400,
    fallback: '30',
    unit: 'S',
    help: 'measured of each run, s',
  },
  steady: { type: 'number', min: 0, max: 600, fallback: '15', unit: 'S', help: 'from the last join until then, s' },
  join: { type: 'number', min: 0, max: 600, fallback: '1', unit: 'S', help: 'between two joins, s' },
  'join-pattern': {
    type: 'choice',
    of: JOIN_PATTERNS,
    fallback: 'interval',
    help: 'one after the other; all at once; one, and 10 s later the others at once',
  },
  churn: {
    type: 'number',
    min: 0,
    max: 600,
    fallback: '0',
    unit: 'S',
    help: 'each time one viewer leaves and one joins, s (0: nobody leaves)',
  },
  'segment-seconds': {
    type: 'number',
    min: 0.5,
    max: 30,
    fallback: '4',
    unit: 'S',
    help: 'duration of a segment, s',
  },
  'segment-bytes': {
    type: 'number',
    min: 40_000,
    max: 50_000_000,
    fallback: '500000',
    unit: 'BYTES',
    help: 'size of a segment, bytes',
  },
  'frame-rate': {
    type: 'number',
    min: 1,
    max: 60,
    whole: true,
    fallback: '25',
    unit: 'FPS',
    help: 'pictures of as many bytes: fewer where decoding is too much for the machine',
  },
  window: {
    type: 'number',
    min: 3,
    max: 100,
    whole: true,
    fallback: '5',
    unit: 'N',
    help: 'segments that the playlist holds',
  },
  bandwidth: {
    type: 'number',
    min: 0,
    max: 10_000,
    fallback: '0',
    unit: 'MBIT',
    help: "each viewer's line, both ways, Mbit/s (0: no limit); needs what --network needs",
  },
  latency: {
    type: 'number',
    min: 0,
    max: 60_000,
    fallback: '0',
    unit: 'MS',
    help: 'before each answer of the origin, ms',
  },
  rate: {
    type: 'number',
    min: 0,
    max: 10_000_000_000,
    fallback: '0',
    unit: 'BYTES',
    help: 'of each answer of the origin, bytes/s (0: no limit)',
  },
  fail: {
    type: 'number',
    min: 0,
    max: 1,
    fallback: '0',
    unit: 'SHARE',
    help: 'of the segment requests that are answered with 503, 0 to 1',
  },
  name: { type: 'text', pattern: /^[\w-]+$/, fallback: 'latest', unit: 'NAME', help: 'of the files in bench/results' },
  resume: { type: 'switch', help: 'keep the runs that results/NAME.json has, and measure what is missing' },
  report: { type: 'switch', help: 'measure nothing: table and charts of results/NAME.json' },
  readme: { type: 'switch', help: 'write the tables into bench/README.md, docs/comparison.md and README.md' },
  smoke: { type: 'switch', help: 'two short runs whose copies, share and stalls must be right' },
  network: {
    type: 'names',
    of: PROFILES,
    unit: 'LIST',
    help: 'viewers on the lines of these profiles: peers, picture, estimates; needs root, Linux and vde2',
  },
  streams: {
    type: 'names',
    of: ['single', 'ladder'],
    fallback: 'single,ladder',
    unit: 'LIST',
    help: 'of --network: one rendition of 4 Mbit/s, three of 0.5, 1.5 and 4',
  },
  calibrate: { type: 'switch', help: 'what each line really does: round trips, loss, rates' },
  startup: { type: 'switch', help: 'pages that open in turn beside the same viewers: the time to the first frame' },
  'low-latency': { type: 'switch', help: 'Low-Latency HLS, parts of 0.5 s: latency, stalls, share, copies of a part' },
  beside: { type: 'switch', help: 'two deliveries at the same time, pair by pair: the processor time' },
  demo: {
    type: 'switch',
    help: 'the demo page beside a page with its video alone, and the overlay beside none: processor time, first frame',
  },
  soak: { type: 'switch', help: 'long live play with joins and leaves: what viewers hold' },
  minutes: { type: 'number', min: 1, max: 10_000, whole: true, fallback: '30', unit: 'MIN', help: 'of --soak, min' },
  help: { type: 'switch', short: 'h', help: 'this text' },
};

const OWN_FILES = ['network', 'startup', 'beside', 'soak', 'low-latency'];

/** @typedef {ReturnType<typeof parseOptions>} Options */

/**
 * The options of a run of the bench.
 * @param {string[]} args the command line's
 * @throws {Error} that names the flag
 */
export function parseOptions(args) {
  const { values } = parseArgs({
    args,
    options: Object.fromEntries(
      Object.entries(FLAGS).map(([name, { type, short }]) => [
        name,
        {
          type: type === 'switch' ? /** @type {const} */ ('boolean') : /** @type {const} */ ('string'),
          ...(short && { short }),
        },
      ]),
    ),
  });
  const given = (/** @type {string} */ name) => values[name] !== undefined;
  const text = (/** @type {string} */ name) => String(values[name] ?? FLAGS[name]?.fallback);
  const number = (/** @type {string} */ name) => checkedNumber(name, text(name));
  const modes = ['smoke', ...OWN_FILES, 'calibrate', 'demo', 'report'].filter(given);
  if (modes.length > 1) throw new Error(`--${modes[0]} and --${modes[1]} are different things: give one of them`);
  const mode = modes[0] ?? 'compare';
  const viewers = list('viewers', text('viewers')).map((item) => checkedNumber('viewers', item));
  return {
    mode,
    given,
    help: values.help === true,
    resume: values.resume === true,
    readme: values.readme === true,
    viewers,
    deliveries: list('deliveries', text('deliveries')).map((item) => chosen('deliveries', item)),
    networks: given('network') ? list('network', text('network')).map((item) => chosen('network', item)) : [],
    streams: list('streams', text('streams')).map((item) => chosen('streams', item)),
    repeat: number('repeat'),
    seconds: number('seconds'),
    steadyMs: number('steady') * 1000,
    joinMs: number('join') * 1000,
    joinPattern: chosen('join-pattern', text('join-pattern')),
    churnSeconds: number('churn'),
    segmentSeconds: number('segment-seconds'),
    segmentBytes: number('segment-bytes'),
    framesPerSecond: number('frame-rate'),
    window: number('window'),
    bandwidth: number('bandwidth'),
    latencyMs: number('latency'),
    bytesPerSecond: number('rate'),
    failShare: number('fail'),
    minutes: number('minutes'),
    // Modes with a table of their own have a file of their own.
    name: !given('name') && OWN_FILES.includes(mode) ? mode : matching('name', text('name')),
  };
}

/** @param {string} name @param {string} text */
function checkedNumber(name, text) {
  const flag = /** @type {NumberFlag} */ (FLAGS[name]);
  const value = Number(text);
  const { min, max } = flag;
  const whole = flag.type !== 'number' || flag.whole;
  if (text.trim() === '' || !(value >= min && value <= max) || (whole && !Number.isInteger(value))) {
    throw new Error(
      `--${name}: ${whole ? 'a whole number' : 'a number'} from ${min} to ${max} is needed, not "${text}"`,
    );
  }
  return value;
}

/** @param {string} name @param {string} text */
function chosen(name, text) {
  const { of } = /** @type {ChoiceFlag} */ (FLAGS[name]);
  if (!of.includes(text)) throw new Error(`--${name}: one of ${of.join(', ')} is needed, not "${text}"`);
  return text;
}

/** @param {string} name @param {string} text */
function matching(name, text) {
  const { pattern } = /** @type {TextFlag} */ (FLAGS[name]);
  if (!pattern.test(text)) throw new Error(`--${name}: letters, digits, "-" and "_" only, not "${text}"`);
  return text;
}

/** @param {string} name @param {string} text */
function list(name, text) {
  const items = text.split(',').map((item) => item.trim());
  if (new Set(items).size < items.length) throw new Error(`--${name}: "${text}" names something twice`);
  return items;
}

/** What `--help` prints. */
export function helpText() {
  const rows = Object.entries(FLAGS).map(([name, flag]) => {
    const value = flag.type === 'choice' ? flag.of.join('|') : flag.unit;
    const left = `${flag.short ? `-${flag.short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`;
    const fallback = flag.fallback && !flag.help.includes('(0:') ? ` (${flag.fallback})` : '';
    return left.length > 30
      ? `  ${left}\n${' '.repeat(34)}${flag.help}${fallback}`
      : `  ${left.padEnd(32)}${flag.help}${fallback}`;
  });
  return `Usage: npm run bench -- [options]\n${rows.join('\n')}`;
}
