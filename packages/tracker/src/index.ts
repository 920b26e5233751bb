export { AnnounceTokens } from './announce-tokens.js';
export { createTracker, type Tracker, type TrackerOptions, type TrackerStats } from './tracker.js';
