// @ts-check
import { NAMES, OURS, summarize } from './report.mjs';
import { FIGURES } from './targets.mjs';

/**
 * The figures that have a target, all numbers of viewers in one table: a cell has the median of each, in their order, and whether the target is met with all of them.
 * @param {import('./report.mjs').Result} result
 */
export function overview({ runs }) {
  const { counts, deliveries, cell } = summarize(runs);
  const medians = (/** @type {number} */ viewers, /** @type {string} */ delivery) => cell(viewers, delivery)?.median;
  const rows = FIGURES.filter(({ target }) => target).map(({ key, name, show, target }) => {
    const verdictsOf = (/** @type {string} */ delivery) =>
      counts.flatMap((viewers) => {
        const own = medians(viewers, delivery);
        const at = { viewers, plain: medians(viewers, 'plain'), p2pml: medians(viewers, 'p2pml'), own };
        return (own && OURS.includes(delivery) && target?.(at)) || [];
      });
    const values = deliveries.map((delivery) => {
      const texts = counts.map((viewers) => {
        const value = medians(viewers, delivery)?.[key];
        return Number.isFinite(value) ? show(value) : '–';
      });
      if (texts.every((text) => text === '–')) return '';
      const verdicts = verdictsOf(delivery);
      const mark = verdicts.length === 0 ? '' : verdicts.every(({ met }) => met) ? '✓ ' : '✗ ';
      return `${mark}${new Set(texts).size === 1 ? texts[0] : texts.join(' / ')}`;
    });
    const wanted = new Set(deliveries.flatMap(verdictsOf).map(({ text }) => text));
    return `| ${[name, ...values, [...wanted].join(' / ')].join(' | ')} |`;
  });
  return [
    `${counts.join(' / ')} viewers, medians:`,
    '',
    `| | ${deliveries.map((delivery) => NAMES[delivery]).join(' | ')} | target |`,
    `| --- |${' ---: |'.repeat(deliveries.length)} --- |`,
    ...rows,
  ].join('\n');
}
