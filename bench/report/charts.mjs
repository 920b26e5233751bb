// @ts-check

const WIDTH = 780;
const HEIGHT = 400;
const LEFT = 70;
const RIGHT = 210;
const TOP = 52;
const BOTTOM = 56;
const PLOT = { width: WIDTH - LEFT - RIGHT, height: HEIGHT - TOP - BOTTOM };
const COLOURS = ['#8a8a8a', '#c8553d', '#0b6e4f', '#3d5a98', '#8a6d1d', '#6b3fa0', '#2b8a9a', '#b0306a', '#5c7f1f'];

/** @param {string} text */
const escaped = (text) => text.replace(/[&<>]/g, (c) => (c === '&' ? '&amp;' : c === '<' ? '&lt;' : '&gt;'));
const colour = (/** @type {number} */ i) => COLOURS[i % COLOURS.length];
const fixed = (/** @type {number} */ value) => String(Number(value.toFixed(1)));

/** A number for an axis, and not longer than it has to be. @param {number} value */
const label = (value) => Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 3 });

/** Marks from 0 to something round that holds `top`. @param {number} top */
export function marks(top) {
  const unit = 10 ** Math.floor(Math.log10(top > 0 ? top : 1));
  const step = /** @type {number} */ ([0.2, 0.5, 1, 2].map((n) => n * unit).find((n) => top / n <= 6));
  return Array.from({ length: Math.max(1, Math.ceil(top / step - 1e-9)) + 1 }, (_, i) => i * step);
}

/** @param {{ title: string, x: string, y: string, legend: string[], body: string[], top: number[] }} parts */
function chart({ title, x, y, legend, body, top }) {
  const most = top.at(-1) ?? 1;
  const grid = top.flatMap((value) => {
    const at = fixed(TOP + PLOT.height * (1 - value / most));
    return [
      `<path d="M${LEFT} ${at}H${LEFT + PLOT.width}" stroke="#ddd"/>`,
      `<text x="${LEFT - 8}" y="${at}" dy="4" text-anchor="end">${label(value)}</text>`,
    ];
  });
  const names = legend.flatMap((name, i) => [
    `<rect x="${LEFT + PLOT.width + 18}" y="${TOP + 22 * i}" width="12" height="12" fill="${colour(i)}"/>`,
    `<text x="${LEFT + PLOT.width + 36}" y="${TOP + 22 * i + 10}">${escaped(name)}</text>`,
  ]);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui,sans-serif" font-size="13" fill="#333">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${LEFT}" y="28" font-size="16" font-weight="600">${escaped(title)}</text>
${[...grid, ...names, ...body].join('\n')}
<text x="${LEFT + PLOT.width / 2}" y="${HEIGHT - 12}" text-anchor="middle">${escaped(x)}</text>
<text x="18" y="${TOP + PLOT.height / 2}" text-anchor="middle" transform="rotate(-90 18 ${TOP + PLOT.height / 2})">${escaped(y)}</text>
</svg>
`;
}

/**
 * Bars side by side in groups, with a whisker from the lowest to the highest value where they differ.
 * @param {{ title: string, x: string, y: string, groups: string[],
 *   series: { name: string, bars: ({ value: number, low: number, high: number } | undefined)[] }[] }} data a bar a group
 */
export function barChart({ groups, series, ...texts }) {
  const top = marks(Math.max(0, ...series.flatMap(({ bars }) => bars.map((bar) => bar?.high ?? 0))));
  const most = /** @type {number} */ (top.at(-1));
  const y = (/** @type {number} */ value) => TOP + PLOT.height * (1 - value / most);
  const wide = PLOT.width / groups.length;
  const bar = (wide * 0.8) / series.length;
  const body = groups.flatMap((name, g) => [
    `<text x="${fixed(LEFT + wide * (g + 0.5))}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${escaped(name)}</text>`,
    ...series.flatMap(({ bars }, s) => {
      const shown = bars[g];
      if (!shown || !Number.isFinite(shown.value)) return [];
      const x = LEFT + wide * (g + 0.1) + bar * s;
      const middle = fixed(x + bar / 2);
      return [
        `<rect x="${fixed(x + 1)}" y="${fixed(y(shown.value))}" width="${fixed(bar - 2)}" height="${fixed(y(0) - y(shown.value))}" fill="${colour(s)}"/>`,
        `<text x="${middle}" y="${fixed(y(shown.high) - 5)}" text-anchor="middle" font-size="11">${label(shown.value)}</text>`,
        ...(shown.high > shown.low
          ? [`<path d="M${middle} ${fixed(y(shown.low))}V${fixed(y(shown.high))}" stroke="#222"/>`]
          : []),
      ];
    }),
  ]);
  return chart({ ...texts, legend: series.map(({ name }) => name), body, top });
}

/**
 * A bar a group, made of parts.
 * @param {{ title: string, x: string, y: string, groups: string[], parts: { name: string, values: number[] }[] }} data
 */
export function stackedChart({ groups, parts, ...texts }) {
  const totals = groups.map((_, g) => parts.reduce((total, { values }) => total + (values[g] ?? 0), 0));
  const top = marks(Math.max(...totals));
  const most = /** @type {number} */ (top.at(-1));
  const wide = PLOT.width / groups.length;
  const body = groups.flatMap((name, g) => {
    const x = LEFT + wide * (g + 0.15);
    let from = TOP + PLOT.height;
    const [first = '', second = ''] = name.split('\n');
    return [
      `<text x="${fixed(x + wide * 0.35)}" y="${HEIGHT - BOTTOM + 15}" text-anchor="middle" font-size="11">${escaped(first)}</text>`,
      `<text x="${fixed(x + wide * 0.35)}" y="${HEIGHT - BOTTOM + 29}" text-anchor="middle" font-size="11">${escaped(second)}</text>`,
      ...parts.map(({ values }, p) => {
        const height = (PLOT.height * (values[g] ?? 0)) / most;
        from -= height;
        return `<rect x="${fixed(x)}" y="${fixed(from)}" width="${fixed(wide * 0.7)}" height="${fixed(height)}" fill="${colour(p)}"/>`;
      }),
      `<text x="${fixed(x + wide * 0.35)}" y="${fixed(from - 5)}" text-anchor="middle" font-size="11">${label(totals[g] ?? 0)}</text>`,
    ];
  });
  return chart({ ...texts, legend: parts.map(({ name }) => name), body, top });
}

/**
 * Lines over an axis that begins at 0.
 * @param {{ title: string, x: string, y: string, series: { name: string, points: (readonly [x: number, y: number])[] }[] }} data
 */
export function lineChart({ series, ...texts }) {
  const points = series.flatMap((line) => line.points);
  const top = marks(Math.max(0, ...points.map(([, y]) => y)));
  const across = marks(Math.max(0, ...points.map(([x]) => x)));
  const x = (/** @type {number} */ value) => fixed(LEFT + (PLOT.width * value) / /** @type {number} */ (across.at(-1)));
  const y = (/** @type {number} */ value) =>
    fixed(TOP + PLOT.height * (1 - value / /** @type {number} */ (top.at(-1))));
  const body = [
    ...across.map(
      (value) =>
        `<text x="${x(value)}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${label(value)}</text><path d="M${x(value)} ${TOP}V${HEIGHT - BOTTOM}" stroke="#eee"/>`,
    ),
    ...series
      .filter((line) => line.points.length > 0)
      .map(
        (line) =>
          `<path d="M${line.points.map(([a, b]) => `${x(a)} ${y(b)}`).join('L')}" fill="none" stroke="${colour(series.indexOf(line))}" stroke-width="2"/>`,
      ),
  ];
  return chart({ ...texts, legend: series.map(({ name }) => name), body, top });
}
