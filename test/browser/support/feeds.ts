import { createCipheriv, createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ffmpeg, madeOnce } from '../../../harness/made-once.mjs';

/** Length of each feed but the large one, s. */
export const FEED_SECONDS = 240;
/** Duration of a segment, s. */
export const SEGMENT_SECONDS = 2;
/** Segments under one key. */
const KEY_PERIOD = 3;
/** An advertisement of `AD_SEGMENTS` follows each `AD_PERIOD` segments of the programme: the same one, again and again. */
const AD_PERIOD = 6;
const AD_SEGMENTS = 3;

/** ffmpeg's arguments for its command number n, which runs in the feeds' folder. */
const commands: readonly string[][] = [
  [
    // The programme, and its sound in two languages.
    ...['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=15'],
    ...['-f', 'lavfi', '-i', "aevalsrc='0.1*sin(2*PI*t*(300+5*t))':s=48000"],
    ...['-f', 'lavfi', '-i', "aevalsrc='0.1*sin(2*PI*t*(900-2*t))':s=48000"],
    ...['-map', '0:v', '-map', '1:a', '-map', '2:a', '-t', String(FEED_SECONDS)],
    ...video(300, 15 * SEGMENT_SECONDS),
    ...['-c:a', 'aac', '-b:a', '48k', '-ac', '1', 'programme.mkv'],
  ],
  [
    ...[
      '-f',
      'lavfi',
      '-i',
      'smptebars=size=426x240:rate=25',
      '-f',
      'lavfi',
      '-i',
      "aevalsrc='0.1*sin(2*PI*t*500)':s=44100",
    ],
    ...['-t', String(AD_SEGMENTS * SEGMENT_SECONDS), ...video(500, 25 * SEGMENT_SECONDS)],
    ...['-c:a', 'aac', '-b:a', '96k', '-ac', '2', ...hls('ad/segment-%05d.ts'), 'ad/index.m3u8'],
  ],
  [...copy('0:v', '0:a:0'), ...hls('ts/segment-%05d.ts'), 'ts/index.m3u8'],
  [
    ...[...copy('0:v', '0:a:0'), ...hls('single/all.mp4'), '-hls_segment_type', 'fmp4'],
    ...['-hls_flags', 'single_file', 'single/index.m3u8'],
  ],
  [
    ...[...copy('0:v', '0:a:0', '0:a:1'), ...hls('audio/%v/segment-%05d.m4s'), '-hls_segment_type', 'fmp4'],
    ...['-hls_fmp4_init_filename', 'init.mp4', '-var_stream_map'],
    'v:0,agroup:a,name:video a:0,agroup:a,language:en,default:yes,name:en a:1,agroup:a,language:de,name:de',
    'audio/%v/index.m3u8',
  ],
];

const KINDS = ['ts', 'ad', 'aes', 'ads', 'single', 'subtitles', 'audio/video', 'audio/en', 'audio/de'];

function video(kbps: number, keyInterval: number): string[] {
  return [
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p', '-threads', '1'],
    // A constant rate: every segment has the size that its duration says.
    ...['-x264-params', 'nal-hrd=cbr:force-cfr=1'],
    ...['b', 'minrate', 'maxrate', 'bufsize'].flatMap((option) => [`-${option}:v`, `${kbps}k`]),
    ...['-g', String(keyInterval), '-keyint_min', String(keyInterval), '-sc_threshold', '0'],
  ];
}

function copy(...streams: string[]): string[] {
  return ['-i', 'programme.mkv', ...streams.flatMap((stream) => ['-map', stream]), '-c', 'copy'];
}

function hls(segments: string, seconds = SEGMENT_SECONDS): string[] {
  return ['-f', 'hls', '-hls_time', String(seconds), '-hls_playlist_type', 'vod', '-hls_segment_filename', segments];
}

/**
 * A folder with one feed of each kind, complete playlists all, made once and kept:
 *
 * - `ts/index.m3u8`: MPEG-TS;
 * - `audio/master.m3u8`: fragmented MP4 with init segments, and sound as two alternate renditions, `en` and `de`;
 * - `single/index.m3u8`: fragmented MP4, all in one file by EXT-X-BYTERANGE;
 * - `subtitles/master.m3u8`: `ts` with WebVTT;
 * - `aes/index.m3u8`: `ts` under AES-128, with another key every few segments;
 * - `ads/index.m3u8`: `ts` with an advertisement of another size, frame rate and sound between discontinuities.
 */
export function feeds(): string {
  return made('kinds', KINDS, commands, (folder) => {
    writeAudio(folder);
    writeSubtitles(folder);
    writeEncrypted(folder);
    writeAds(folder);
  });
}

/** A folder with `index.m3u8`, 80 s of video on demand in segments of 4 s and about 4 MB. */
export function largeFeed(): string {
  const command = [
    ...['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=10', '-t', '80', ...video(8_000, 40)],
    ...[...hls('segment-%05d.ts', 4), 'index.m3u8'],
  ];
  return made('large', [], [command], () => undefined);
}

function made(
  name: string,
  folders: readonly string[],
  commands: readonly string[][],
  finish: (folder: string) => void,
): string {
  return madeOnce(`feeds/${name}`, [commands, readFileSync(import.meta.filename, 'utf8')], (folder) => {
    for (const path of folders) mkdirSync(join(folder, path), { recursive: true });
    for (const args of commands) ffmpeg(args, folder);
    finish(folder);
  });
}

interface Entry {
  readonly extinf: string;
  /** File name. */
  readonly name: string;
}

function entriesOf(playlist: string): Entry[] {
  const found = readFileSync(playlist, 'utf8').matchAll(/^(#EXTINF:.*)\n([^#\n]+)$/gm);
  return [...found].map(([, extinf = '', name = '']) => ({ extinf, name }));
}

function mediaPlaylist(lines: readonly string[]): string {
  const head = ['#EXTM3U', '#EXT-X-VERSION:3', `#EXT-X-TARGETDURATION:${SEGMENT_SECONDS + 1}`];
  return [...head, '#EXT-X-PLAYLIST-TYPE:VOD', ...lines, '#EXT-X-ENDLIST', ''].join('\n');
}

function writeAudio(folder: string): void {
  const rendition = (language: string, preset: string) =>
    `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="${language}",LANGUAGE="${language}",AUTOSELECT=YES,DEFAULT=${preset},URI="${language}/index.m3u8"`;
  const master = [
    '#EXTM3U',
    rendition('en', 'YES'),
    rendition('de', 'NO'),
    '#EXT-X-STREAM-INF:BANDWIDTH=450000,CODECS="avc1.42c00d,mp4a.40.2",AUDIO="a"',
    'video/index.m3u8',
    '',
  ];
  writeFileSync(join(folder, 'audio/master.m3u8'), master.join('\n'));
}

/** Where ffmpeg lets MPEG-TS begin, 1/90,000 s. */
const TS_START = 126_000;

function writeSubtitles(folder: string): void {
  const time = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(11, 23);
  const lines: string[] = [];
  for (let n = 0; n < FEED_SECONDS / SEGMENT_SECONDS; n++) {
    const name = `segment-${String(n).padStart(5, '0')}.vtt`;
    const [from, to] = [n * SEGMENT_SECONDS, (n + 1) * SEGMENT_SECONDS];
    const head = `WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:${TS_START},LOCAL:00:00:00.000`;
    writeFileSync(join(folder, 'subtitles', name), `${head}\n\n${time(from)} --> ${time(to)}\nCaption ${n}\n`);
    lines.push(`#EXTINF:${SEGMENT_SECONDS.toFixed(6)},`, name);
  }
  writeFileSync(join(folder, 'subtitles/index.m3u8'), mediaPlaylist(lines));
  const master = [
    '#EXTM3U',
    '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subs",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,URI="index.m3u8"',
    '#EXT-X-STREAM-INF:BANDWIDTH=400000,SUBTITLES="subs"',
    '../ts/index.m3u8',
    '',
  ];
  writeFileSync(join(folder, 'subtitles/master.m3u8'), master.join('\n'));
}

/** RFC 8216 §4.3.2.4 and §5.2: without an IV attribute, it is the Media Sequence Number. */
function writeEncrypted(folder: string): void {
  const lines: string[] = [];
  let key = Buffer.alloc(0);
  for (const [n, { extinf, name }] of entriesOf(join(folder, 'ts/index.m3u8')).entries()) {
    if (n % KEY_PERIOD === 0) {
      key = createHash('md5').update(`key ${n}`).digest();
      writeFileSync(join(folder, `aes/${n}.key`), key);
      lines.push(`#EXT-X-KEY:METHOD=AES-128,URI="${n}.key"`);
    }
    const iv = Buffer.alloc(16);
    iv.writeUInt32BE(n, 12);
    const cipher = createCipheriv('aes-128-cbc', key, iv);
    const plain = readFileSync(join(folder, 'ts', name));
    writeFileSync(join(folder, 'aes', name), Buffer.concat([cipher.update(plain), cipher.final()]));
    lines.push(extinf, name);
  }
  writeFileSync(join(folder, 'aes/index.m3u8'), mediaPlaylist(lines));
}

function writeAds(folder: string): void {
  const advertisement = entriesOf(join(folder, 'ad/index.m3u8')).flatMap(({ extinf, name }) => [
    extinf,
    `../ad/${name}`,
  ]);
  const lines = entriesOf(join(folder, 'ts/index.m3u8')).flatMap(({ extinf, name }, n) => [
    ...(n > 0 && n % AD_PERIOD === 0 ? ['#EXT-X-DISCONTINUITY', ...advertisement, '#EXT-X-DISCONTINUITY'] : []),
    extinf,
    `../ts/${name}`,
  ]);
  writeFileSync(join(folder, 'ads/index.m3u8'), mediaPlaylist(lines));
}
