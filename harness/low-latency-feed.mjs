// @ts-check
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ffmpeg, madeOnce } from './made-once.mjs';

/** So that parts of 1, 1/2, 1/3 and 1/5 s have whole frames. */
const FRAMES_PER_SECOND = 30;
/** An independent frame so often, s. */
const KEY_SECONDS = 1;
const TS_PACKET = 188;
const VIDEO_PID = 0x100;

/**
 * @typedef {{ bytes: Buffer, independent: boolean }} Part
 * @typedef {object} LowLatencyFeed
 * @property {number} partSeconds @property {number} partsPerSegment
 * @property {'m4s' | 'ts'} extension
 * @property {Buffer | undefined} init the Media Initialization Section
 * @property {Part[][]} segments the parts of each
 */

/**
 * Segments of real media that never repeat, in their parts: H.264 and AAC in CMAF, cut at each `moof`, or in MPEG-TS, cut before a frame's
 * first packet. Made once by ffmpeg and kept.
 * @param {{ seconds: number, segmentSeconds: number, partsPerSegment: number, bitsPerSecond: number, container?: 'cmaf' | 'ts',
 *   width?: number, height?: number, sound?: boolean }} options
 * @returns {Promise<LowLatencyFeed>}
 * @throws {Error} where ffmpeg fails, or has not cut where it should
 */
export async function makeLowLatencyFeed(options) {
  const { container = 'cmaf', segmentSeconds, partsPerSegment } = options;
  const partSeconds = segmentSeconds / partsPerSegment;
  const frames = Math.round(partSeconds * FRAMES_PER_SECOND);
  if (Math.abs(frames / FRAMES_PER_SECOND - partSeconds) > 1e-6)
    throw new Error(`a part of ${partSeconds} s is no whole number of frames, ${FRAMES_PER_SECOND} a second`);
  const folder = encoded(options, partSeconds);
  if (container === 'ts') {
    const files = readdirSync(folder).sort();
    const segments = files.map((name) => tsParts(readFileSync(join(folder, name)), frames));
    return { partSeconds, partsPerSegment, extension: 'ts', init: undefined, segments };
  }
  const { init, parts } = cmafParts(readFileSync(join(folder, 'media.mp4')));
  const segments = Array.from({ length: Math.floor(parts.length / partsPerSegment) }, (_, n) =>
    parts.slice(n * partsPerSegment, (n + 1) * partsPerSegment),
  );
  for (const [n, [first]] of segments.entries())
    if (!first?.independent) throw new Error(`segment ${n} does not begin with an independent frame`);
  return { partSeconds, partsPerSegment, extension: 'm4s', init, segments };
}

/** The bytes of a segment: those of its parts. @param {Part[]} parts */
export const joined = (parts) => Buffer.concat(parts.map(({ bytes }) => bytes));

/**
 * @param {Parameters<typeof makeLowLatencyFeed>[0]} options
 * @param {number} partSeconds
 */
function encoded(options, partSeconds) {
  const {
    seconds,
    segmentSeconds,
    bitsPerSecond,
    container = 'cmaf',
    width = 320,
    height = 180,
    sound = true,
  } = options;
  const video = Math.round(bitsPerSecond - (sound ? 64_000 : 0));
  // biome-ignore format: one argument and its value a line
  const args = [
    '-f', 'lavfi', '-i', `testsrc2=size=${width}x${height}:rate=${FRAMES_PER_SECOND},noise=alls=20:allf=t`,
    ...(sound ? ['-f', 'lavfi', '-i', 'sine=frequency=220:sample_rate=48000', '-c:a', 'aac', '-b:a', '64k'] : []),
    '-t', String(seconds),
    '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p',
    '-b:v', String(video), '-minrate', String(video), '-maxrate', String(video), '-bufsize', String(video),
    '-x264-params', 'nal-hrd=cbr:force-cfr=1', '-g', String(KEY_SECONDS * FRAMES_PER_SECOND), '-sc_threshold', '0',
    ...(container === 'ts'
      ? ['-f', 'segment', '-segment_time', String(segmentSeconds), '-segment_format', 'mpegts', '%05d.ts']
      : ['-f', 'mp4', '-movflags', '+empty_moov+default_base_moof+cmaf', '-frag_duration', String(Math.floor(1e6 * partSeconds)),
        'media.mp4']),
  ];
  return madeOnce('low-latency/feed', args, (folder) => ffmpeg(args, folder));
}

/** ISO/IEC 14496-12 boxes between two offsets. @param {Buffer} file @returns {Generator<{ type: string, start: number, body: number, end: number }>} */
function* boxes(file, from = 0, to = file.length) {
  for (let start = from; start + 8 <= to; ) {
    const size = file.readUInt32BE(start);
    if (size < 8) throw new Error(`a box of ${size} bytes at ${start}`);
    yield { type: file.toString('latin1', start + 4, start + 8), start, body: start + 8, end: start + size };
    start += size;
  }
}

/** @param {Buffer} file */
function cmafParts(file) {
  const parts = [];
  let from = 0;
  let independent = false;
  let init = file.subarray(0, 0);
  for (const { type, start, body, end } of boxes(file)) {
    if (type === 'moof') {
      if (init.length === 0) init = file.subarray(0, start);
      from = start;
      independent = isIndependent(file, body, end);
    } else if (type === 'mdat') parts.push({ bytes: file.subarray(from, end), independent });
  }
  return { init, parts };
}

/** Whether the first sample of the first track of a `moof` depends on no other: `trun`, `tfhd` (§8.8.7, §8.8.8). @param {Buffer} file @param {number} from @param {number} to */
function isIndependent(file, from, to) {
  const traf = [...boxes(file, from, to)].find(({ type }) => type === 'traf');
  for (const { type, body } of traf ? boxes(file, traf.body, traf.end) : []) {
    if (type !== 'trun') continue;
    const flags = file.readUInt32BE(body) & 0xffffff;
    let at = body + 8 + (flags & 0x1 ? 4 : 0);
    if (flags & 0x4) return isSync(file.readUInt32BE(at));
    at += (flags & 0x100 ? 4 : 0) + (flags & 0x200 ? 4 : 0);
    if (flags & 0x400) return isSync(file.readUInt32BE(at));
  }
  return false;
}

/** Sample flags: sample_is_non_sync_sample. @param {number} flags */
const isSync = (flags) => (flags & 0x10000) === 0;

/** @param {Buffer} segment @param {number} frames of a part */
function tsParts(segment, frames) {
  const cuts = [0];
  let seen = 0;
  for (let at = 0; at < segment.length; at += TS_PACKET) {
    const head = segment.readUInt32BE(at);
    const begins = (head & 0x400000) !== 0 && ((head >> 8) & 0x1fff) === VIDEO_PID;
    if (!begins) continue;
    if (seen > 0 && seen % frames === 0) cuts.push(at);
    seen += 1;
  }
  return cuts.map((from, i) => ({
    bytes: segment.subarray(from, cuts[i + 1] ?? segment.length),
    independent: (i * frames) % (KEY_SECONDS * FRAMES_PER_SECOND) === 0,
  }));
}
