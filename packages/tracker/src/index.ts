export { AnnounceTokens } from './announce-tokens.js';
export { createTracker, refuseUpgrade, type Tracker, type TrackerOptions, type TrackerStats } from './tracker.js';
