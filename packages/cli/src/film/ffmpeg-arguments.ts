import { shellQuoted } from '../printable.js';
import { type FilmPlan, MAX_BIT_RATE, SOUND_BIT_RATE } from './film-plan.js';

/** Shortest duration of a segment, s; each ends before a key frame. */
const SEGMENT_SECONDS = 4;
/** Wider pictures are made smaller where they are encoded anew, pixels. */
const MAX_WIDTH = 1920;

/** A file as ffmpeg takes it, whatever its name: a colon would name a protocol, a hyphen an option. */
export function inputOf(film: string): string {
  return `file:${film}`;
}

/** The command line that cuts a film into segments in the current folder, each named when it is complete. */
export function cutArguments(film: string, { video, sound }: FilmPlan): string[] {
  const maps = [video, sound].flatMap((stream) => (stream === undefined ? [] : ['-map', `0:${stream.index}`]));
  return [
    ...['-hide_banner', '-nostdin', '-v', 'error', '-y', '-i', inputOf(film), ...maps],
    ...(video === undefined ? [] : video.because === undefined ? ['-c:v', 'copy'] : encodeVideo()),
    // What MPEG-TS and AVI have, MP4 does not take.
    ...(sound === undefined
      ? []
      : sound.because === undefined
        ? ['-c:a', 'copy', '-bsf:a', 'aac_adtstoasc']
        : encodeSound()),
    ...['-map_metadata', '-1', '-map_chapters', '-1'],
    ...['-f', 'hls', '-hls_time', String(SEGMENT_SECONDS), '-hls_list_size', '0', '-hls_flags', 'temp_file'],
    ...['-hls_segment_type', 'fmp4', '-hls_fmp4_init_filename', 'init.mp4'],
    ...['-hls_segment_filename', '%d.m4s', 'index.m3u8'],
  ];
}

function encodeVideo(): string[] {
  const scale = `scale='trunc(min(${MAX_WIDTH},iw)/2)*2':-2`;
  return [
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '23', '-pix_fmt', 'yuv420p', '-vf', scale],
    ...['-maxrate', String(MAX_BIT_RATE), '-bufsize', String(2 * MAX_BIT_RATE)],
    ...['-force_key_frames', `expr:gte(t,n_forced*${SEGMENT_SECONDS})`],
  ];
}

function encodeSound(): string[] {
  return ['-c:a', 'aac', '-b:a', String(SOUND_BIT_RATE), '-ac', '2'];
}

/** What people type who cut it themselves, on a machine that has ffmpeg: a line each. */
export function byHand(film: string): readonly string[] {
  return [
    'mkdir segments',
    `ffmpeg -i ${shellQuoted(film)} -c copy -f segment -segment_time ${SEGMENT_SECONDS} segments/%d.ts`,
  ];
}
