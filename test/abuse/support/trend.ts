import { median, slope as slopeOf } from '../../../harness/statistics.mjs';

/** How a figure moves with time, by least squares. */
export interface Trend {
  /** A unit of time. */
  readonly slope: number;
  /** Standard error of the slope. */
  readonly error: number;
}

/** @param points time and figure, three at least */
export function trendOf(points: readonly (readonly [number, number])[]): Trend {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(([time]) => time)), mean(points.map(([, figure]) => figure))];
  const spread = points.reduce((sum, [time]) => sum + (time - x) ** 2, 0);
  const slope = points.reduce((sum, [time, figure]) => sum + (time - x) * (figure - y), 0) / spread;
  const rest = points.reduce((sum, [time, figure]) => sum + (figure - y - slope * (time - x)) ** 2, 0);
  return { slope, error: Math.sqrt(rest / (points.length - 2) / spread) };
}

/** From the median distance to the standard deviation, where errors are normal. */
const NORMAL = 1.4826;

/**
 * The same by medians (Theil and Sen), of what moves little and leaps at times, as memory does between a collection and the return of its pages: a leap is
 * no trend.
 * @param points time and figure, three at least
 */
export function medianTrendOf(points: readonly (readonly [number, number])[]): Trend {
  const slope = slopeOf(points);
  const rests = points.map(([x, y]) => y - slope * x);
  const middle = median(rests);
  const deviation = NORMAL * median(rests.map((rest) => Math.abs(rest - middle)));
  const mean = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const spread = points.reduce((sum, [x]) => sum + (x - mean) ** 2, 0);
  return { slope, error: deviation / Math.sqrt(spread) };
}
