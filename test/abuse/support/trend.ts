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
