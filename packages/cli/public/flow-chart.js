import { formatRate } from './format.js';
import { svg } from './svg.js';

/** The chart's window and the distance between its points, ms. */
const WINDOW = 60_000;
const STEP = 500;

const MARGIN = { top: 10, right: 8, bottom: 22, left: 62 };

/** The smallest of 1, 1.5, 2, 3, 4, 6 × 10ⁿ that is not below `value`. */
export function niceCeiling(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 1.5, 2, 3, 4, 6, 10].map((factor) => factor * power).find((nice) => nice >= value) ?? 10 * power;
}

/** The last minute's bytes per second as stacked areas: from peers below, then from helpers, from the origin above. */
export class FlowChart {
  #element;
  #meter;
  #onReading;
  #now = 0;
  #pointer;
  #seen = true;

  /** `onReading(rates, secondsAgo)` gets the rates under the pointer, else those of now (secondsAgo 0). */
  constructor(element, meter, onReading) {
    this.#element = element;
    this.#meter = meter;
    this.#onReading = onReading;
    element.addEventListener('pointermove', (event) =>
      this.#point(event.clientX - element.getBoundingClientRect().left),
    );
    element.addEventListener('pointerleave', () => this.#point(undefined));
    new ResizeObserver(() => this.draw(this.#now)).observe(element);
    new IntersectionObserver((entries) => {
      this.#seen = entries.at(-1).isIntersecting;
      if (this.#seen) this.draw(this.#now);
    }).observe(element);
  }

  #point(x) {
    this.#pointer = x;
    this.draw(this.#now);
  }

  /** Draws the minute up to `now`, in the meter's clock. */
  draw(now) {
    this.#now = now;
    const width = this.#element.clientWidth;
    const height = this.#element.clientHeight;
    if (width === 0 || now === 0) return;
    const right = width - MARGIN.right;
    const bottom = height - MARGIN.bottom;
    const rates = [];
    for (let time = now - WINDOW; time <= now; time += STEP) rates.push(this.#meter.rate(time));
    const top = niceCeiling(
      Math.max(20_000, ...rates.map((rate) => rate.peerBytes + rate.helperBytes + rate.originBytes)),
    );
    const x = (index) => MARGIN.left + ((right - MARGIN.left) * index) / (rates.length - 1);
    const y = (value) => bottom - ((bottom - MARGIN.top) * value) / top;
    const line = (value) => rates.map((rate, index) => `${x(index).toFixed(1)},${y(value(rate)).toFixed(1)}`);
    const peers = line((rate) => rate.peerBytes);
    const helped = line((rate) => rate.peerBytes + rate.helperBytes);
    const all = line((rate) => rate.peerBytes + rate.helperBytes + rate.originBytes);
    const floor = [`${right},${bottom}`, `${MARGIN.left},${bottom}`];

    if (!this.#seen) return this.#read(rates, x, bottom);

    this.#element.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.#element.replaceChildren(
      ...this.#axes(top, y, right, bottom),
      svg('polygon', { class: 'area origin', points: [...all, ...[...helped].reverse()].join(' ') }),
      svg('polygon', { class: 'area helpers', points: [...helped, ...[...peers].reverse()].join(' ') }),
      svg('polygon', { class: 'area peers', points: [...peers, ...floor].join(' ') }),
      svg('polyline', { class: 'edge', points: peers.join(' ') }),
    );
    this.#read(rates, x, bottom);
  }

  #axes(top, y, right, bottom) {
    const text = (x, height, anchor, words) => {
      const element = svg('text', { x, y: height, 'text-anchor': anchor });
      element.textContent = words;
      return element;
    };
    return [
      ...[0, 0.5, 1].flatMap((part) => [
        svg('line', { class: 'grid', x1: MARGIN.left, x2: right, y1: y(top * part), y2: y(top * part) }),
        text(MARGIN.left - 8, y(top * part) + 4, 'end', formatRate(top * part)),
      ]),
      text(MARGIN.left, bottom + 16, 'start', '60 s ago'),
      text((MARGIN.left + right) / 2, bottom + 16, 'middle', '30 s ago'),
      text(right, bottom + 16, 'end', 'now'),
    ];
  }

  #read(rates, x, bottom) {
    const last = rates.length - 1;
    const pointed = this.#pointer === undefined ? last : Math.round(((this.#pointer - x(0)) / (x(last) - x(0))) * last);
    const index = Math.min(last, Math.max(0, pointed));
    if (this.#pointer !== undefined) {
      this.#element.append(svg('line', { class: 'cursor', x1: x(index), x2: x(index), y1: MARGIN.top, y2: bottom }));
    }
    this.#onReading(rates[index], ((last - index) * STEP) / 1000);
  }
}
