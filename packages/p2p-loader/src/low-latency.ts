/** What makes segments of parts, and parts of segments. A bundle of its own, which the loader loads where a playlist has parts: all others do without it. */
export { LowLatency } from './low-latency/low-latency.js';
