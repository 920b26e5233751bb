export type { Figure } from './figures.js';
export { createMetrics, type Metrics, type MetricsOptions } from './metrics.js';
export { type MagnetizerFigures, magnetizerFigures, type TrackerFigures, trackerFigures } from './operator-figures.js';
export { type Report, readReport } from './report.js';
