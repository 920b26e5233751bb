/** @typedef {typeof DEFAULTS} Options */

/** What a simulation takes; times in ms. */
export const DEFAULTS = {
  viewers: 1_000,
  /** Links of a viewer, at most 16. */
  degree: 10,
  /** Between two reloads of the playlist; every viewer has a phase of its own. */
  poll: 4_000,
  /** A segment's duration, and the time between two. */
  duration: 4_000,
  /** What a viewer can wait at most from the moment its playlist names a segment. */
  slack: 4_000,
  /** What it has left then, at least: more than `slack` is kept for what goes wrong. 0: no more than that. */
  left: 0,
  /** A control message over one link takes half to one and a half times this. */
  hop: 80,
  /** From one viewer having something to its neighbour having it, announcement and request included. */
  dataHop: 250,
  /** From asking the origin to having the whole segment. */
  originTime: 250,
  /** Copies of a segment that a viewer can send in one second. */
  uplink: 4,
  /**
   * Viewers stand in regions and have lines: those of a profile of network/profiles.mjs, or of all for `mix`. A message takes `hop` and half of a round
   * trip; `dataHop` and `uplink` do not count.
   */
  lines: /** @type {string | undefined} */ (undefined),
  /** Mbit/s of the stream, and the share of packets that is lost, with `lines`. */
  bitrate: 4,
  loss: 0,
  /** How many others each viewer tries, to keep the better of its links, and which that are. */
  rounds: 0,
  prefer: 'soon',
  /** The highest count that trackers tell; the CLI's own remembers so many viewers. */
  trackerCap: 100_000,
  /** Share of viewers who announce fetches that they never make. */
  liars: 0,
  /** Share of segments whose first fetcher goes silent after announcing that, and whose links close then. */
  silent: 0,
  closing: 0,
  /** Share of viewers replaced in a minute. */
  churn: 0,
  /** All join within this; 0: all are here from the start. */
  burst: 0,
  /** From joining to the first links. */
  link: 2_000,
  segments: 8,
  /** Segments before the measured ones. */
  warmup: 3,
  seed: 1,
  strategy: 'policy',
};
