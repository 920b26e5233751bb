const WIDTH = 720;
const HEIGHT = 420;
const LEFT = 64;
const RIGHT = 130;
const TOP = 48;
const BOTTOM = 52;
const COLOURS = ['#0b6e4f', '#c8553d', '#3d5a98', '#8a6d1d', '#6b3fa0'];

/** Powers of ten that enclose the values. @param {number[]} values */
function decades(values) {
  const low = Math.floor(Math.log10(Math.min(...values)));
  return { low, high: Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values)))) };
}

/** @param {string} text */
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * A line chart with logarithmic axes, as SVG text.
 * @param {{ name: string, points: [x: number, y: number][] }[]} series all values above 0
 * @param {{ title: string, x: string, y: string }} labels
 */
export function lineChart(series, labels) {
  const across = decades(series.flatMap(({ points }) => points.map(([x]) => x)));
  const up = decades(series.flatMap(({ points }) => points.map(([, y]) => y)));
  /** @param {number} value @param {{ low: number, high: number }} range @param {number} from @param {number} to */
  const place = (value, { low, high }, from, to) => from + ((Math.log10(value) - low) / (high - low)) * (to - from);
  const x = (/** @type {number} */ value) => place(value, across, LEFT, WIDTH - RIGHT).toFixed(1);
  const y = (/** @type {number} */ value) => place(value, up, HEIGHT - BOTTOM, TOP).toFixed(1);
  const lines = [];
  for (let power = across.low; power <= across.high; power++) {
    const at = x(10 ** power);
    lines.push(`<path d="M${at} ${TOP}V${HEIGHT - BOTTOM}" stroke="#ddd"/>`);
    lines.push(
      `<text x="${at}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${(10 ** power).toLocaleString('en')}</text>`,
    );
  }
  for (let power = up.low; power <= up.high; power++) {
    const at = y(10 ** power);
    lines.push(`<path d="M${LEFT} ${at}H${WIDTH - RIGHT}" stroke="#ddd"/>`);
    lines.push(`<text x="${LEFT - 8}" y="${at}" dy="4" text-anchor="end">${(10 ** power).toLocaleString('en')}</text>`);
  }
  series.forEach(({ name, points }, i) => {
    const colour = COLOURS[i % COLOURS.length];
    const path = points.map(([a, b]) => `${x(a)} ${y(b)}`).join('L');
    lines.push(`<path d="M${path}" fill="none" stroke="${colour}" stroke-width="2.5"/>`);
    for (const [a, b] of points) lines.push(`<circle cx="${x(a)}" cy="${y(b)}" r="3.5" fill="${colour}"/>`);
    const last = points.at(-1);
    if (!last) return;
    const [a, b] = last;
    lines.push(
      `<text x="${Number(x(a)) + 10}" y="${y(b)}" dy="4" fill="${colour}">${escaped(name)} ${b.toFixed(1)}</text>`,
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui,sans-serif" font-size="13" fill="#333">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${LEFT}" y="26" font-size="16" font-weight="600">${escaped(labels.title)}</text>
${lines.join('\n')}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 10}" text-anchor="middle">${escaped(labels.x)}</text>
<text x="16" y="${(TOP + HEIGHT - BOTTOM) / 2}" text-anchor="middle" transform="rotate(-90 16 ${(TOP + HEIGHT - BOTTOM) / 2})">${escaped(labels.y)}</text>
</svg>
`;
}
