import { CHANNEL_PAYLOAD } from '../network/bound.mjs';
import { LINES } from '../network/profiles.mjs';

/** Regions stand on a ring; viewers of one are within this part of it. */
const REGIONS = 6;
const REGION_SIZE = 0.04;
/** Round trip between the two farthest places, without the viewers' own lines, ms. */
const FARTHEST_MS = 250;
/** Of the rate that loss leaves a connection (Mathis et al. 1997): payload of a packet, bits, and the constant. */
const PACKET_BITS = 1120 * 8;
const MATHIS = 1.22;
/** Beyond the round trips: a piece is verified and passed on, ms. */
const PIECE_MS = 90;
/** Round trips from a stream being agreed on to its first bytes: handshake, request, data. */
const TRIPS = 1.5;

/**
 * What a viewer may prefer in those whom it links to: the lower, the better.
 * @type {Record<string, (lines: Lines, a: number, b: number) => number>}
 */
export const PREFERENCES = {
  near: (lines, a, b) => lines.rtt(a, b),
  fast: (lines, _a, b) => -lines.uplinks[b],
  /** The time that a segment would take: first bytes, and all of them at the other's rate. */
  soon: (lines, a, b) => lines.transit(a, b) + 1 / lines.rate(b, a, 1),
};

/** Names of `lines`. */
export const LINE_NAMES = ['mix', ...Object.keys(LINES)];

/** Viewers in regions, each on a line of network/profiles.mjs; in a mix all profiles as many. */
export class Lines {
  /** @param {Pick<import('./options.mjs').Options, 'viewers' | 'lines' | 'bitrate' | 'duration' | 'loss'>} options @param {() => number} random */
  constructor({ viewers, lines, bitrate, duration, loss }, random) {
    const kinds = lines === 'mix' ? Object.values(LINES) : [LINES[lines ?? '']];
    this.loss = loss;
    this.segmentBits = (bitrate * 1e6 * duration) / 1000;
    this.places = new Float64Array(viewers);
    this.access = new Float64Array(viewers);
    /** Copies of a segment a second. */
    this.uplinks = new Float64Array(viewers);
    for (let viewer = 0; viewer < viewers; viewer++) {
      const line = kinds[Math.floor(random() * kinds.length)];
      if (!line) throw new Error(`no lines "${lines}"`);
      this.places[viewer] = (Math.floor(random() * REGIONS) + REGION_SIZE * REGIONS * random()) / REGIONS;
      this.access[viewer] = line.rttMs;
      this.uplinks[viewer] = (line.up * 1e6 * CHANNEL_PAYLOAD) / this.segmentBits;
    }
  }

  /** ms: half of what each line takes, and the way between. @param {number} a @param {number} b */
  rtt(a, b) {
    const apart = Math.abs(this.places[a] - this.places[b]) % 1;
    return (this.access[a] + this.access[b]) / 2 + 2 * FARTHEST_MS * Math.min(apart, 1 - apart);
  }

  /** From a stream being agreed on, or its source having something, to the first bytes, ms. @param {number} a @param {number} b */
  transit(a, b) {
    return PIECE_MS + TRIPS * this.rtt(a, b);
  }

  /** Segments a ms from one viewer to another while the first gives to so many. @param {number} from @param {number} to @param {number} streams */
  rate(from, to, streams) {
    const share = this.uplinks[from] / 1000 / Math.max(1, streams);
    if (this.loss === 0) return share;
    const bits = (MATHIS * PACKET_BITS) / (this.rtt(from, to) * Math.sqrt(this.loss));
    return Math.min(share, bits / this.segmentBits);
  }
}
