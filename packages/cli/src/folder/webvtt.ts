import type { MediaTime } from './media.js';

const TIME = String.raw`(?:(\d+):)?([0-5]\d):([0-5]\d)\.(\d{3})`;
const CUE = new RegExp(String.raw`^[ \t]*${TIME}[ \t]+-->[ \t]+${TIME}(?:[ \t]|$)`);
const LOCAL = new RegExp(`LOCAL:${TIME}`);
/** Clock of MPEG-2 timestamps, Hz. */
const CLOCK = 90_000;
const SIGNATURE = /^(?:\xef\xbb\xbf)?WEBVTT(?:[ \t\r\n]|$)/;

/** Whether the bytes begin as a WebVTT file does, WebVTT §4.1. */
export function isWebVtt(bytes: Uint8Array): boolean {
  return SIGNATURE.test(Buffer.from(bytes.subarray(0, 10)).toString('latin1'));
}

/**
 * From the start of the first cue to the end of the last one, by X-TIMESTAMP-MAP (RFC 8216 §3.5) on the clock of the
 * media. Undefined when there is no cue.
 */
export function cueTime(bytes: Uint8Array): MediaTime | undefined {
  const lines = Buffer.from(bytes)
    .toString()
    .split(/\r\n|\r|\n/);
  const cues = lines.map((line) => CUE.exec(line)).filter((match) => match !== null);
  const starts = cues.map((match) => seconds(match.slice(1, 5)));
  const ends = cues.map((match) => seconds(match.slice(5, 9)));
  if (cues.length === 0) return undefined;
  const offset = mapOffset(lines);
  const smallest = starts.reduce((a, b) => Math.min(a, b));
  const largest = ends.reduce((a, b) => Math.max(a, b));
  return { start: offset + smallest, end: offset + Math.max(largest, smallest), timestamps: true };
}

/** What X-TIMESTAMP-MAP adds to cue times, s. */
function mapOffset(lines: readonly string[]): number {
  // It stands in the header, which ends with the first empty line.
  const header = lines.slice(0, lines.indexOf('') === -1 ? lines.length : lines.indexOf(''));
  const map = header.find((line) => line.startsWith('X-TIMESTAMP-MAP=')) ?? '';
  const local = LOCAL.exec(map);
  const mpegts = /MPEGTS:(\d+)/.exec(map)?.[1];
  return local === null || mpegts === undefined ? 0 : Number(mpegts) / CLOCK - seconds(local.slice(1, 5));
}

/** @param parts hours or undefined, minutes, seconds, ms */
function seconds([hours = '0', minutes, whole, ms]: readonly (string | undefined)[]): number {
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(whole) + Number(ms) / 1000;
}
