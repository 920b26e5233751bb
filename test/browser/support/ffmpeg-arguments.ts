/** One rendition of a test feed: small, since one machine encodes it and decodes it once for each viewer. */
export interface RenditionOptions {
  /** Folder of its playlist and segments. */
  readonly name: string;
  /** Picture, pixels. */
  readonly width: number;
  readonly height: number;
  /** Video bit rate, constant, kbit/s. */
  readonly kbps: number;
}

export interface FeedOptions {
  readonly renditions: readonly RenditionOptions[];
  /** Duration of a segment, s. */
  readonly segmentSeconds: number;
  /** CMAF: an init segment and `.m4s` instead of `.ts`. */
  readonly fmp4?: boolean;
  /** Encode at the speed of play and write a sliding window. Else `seconds` of video on demand. */
  readonly live?: boolean;
  /** Pictures a second. Default: 25. */
  readonly framesPerSecond?: number;
  /** Length of the feed, s; unbounded when left out. */
  readonly seconds?: number;
}

/** Segments in a live window. */
const WINDOW = 6;

/** The ffmpeg command line that writes the feed into the current folder: picture and sound never repeat. */
export function ffmpegArguments(options: FeedOptions): string[] {
  const { renditions, segmentSeconds, fmp4, live, seconds, framesPerSecond = 25 } = options;
  const inputs = renditions.flatMap(({ width, height }) => [
    ...(live ? ['-re'] : []),
    ...['-f', 'lavfi', '-i', `testsrc2=size=${width}x${height}:rate=${framesPerSecond}`],
  ]);
  const sound = [...(live ? ['-re'] : []), '-f', 'lavfi', '-i', "aevalsrc='0.1*sin(2*PI*t*(300+5*t))':s=48000"];
  const maps = renditions.flatMap((_, i) => ['-map', `${i}:v`, '-map', `${renditions.length}:a`]);
  const rates = renditions.flatMap(({ kbps }, i) =>
    ['b', 'minrate', 'maxrate', 'bufsize'].flatMap((option) => [`-${option}:v:${i}`, `${kbps}k`]),
  );
  const keyInterval = String(Math.round(segmentSeconds * framesPerSecond));
  const streams = renditions.map(({ name }, i) => `v:${i},a:${i},name:${name}`).join(' ');
  return [
    ...['-hide_banner', '-loglevel', 'warning', '-y', ...inputs, ...sound, ...maps],
    ...(seconds === undefined ? [] : ['-t', String(seconds)]),
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p', '-threads', '1'],
    // A constant rate: every segment has the size that its duration says.
    ...['-x264-params', 'nal-hrd=cbr:force-cfr=1', ...rates],
    ...['-g', keyInterval, '-keyint_min', keyInterval, '-sc_threshold', '0'],
    ...['-c:a', 'aac', '-b:a', '48k', '-ac', '1'],
    ...['-f', 'hls', '-hls_time', String(segmentSeconds)],
    ...(live
      ? ['-hls_list_size', String(WINDOW), '-hls_flags', 'independent_segments']
      : ['-hls_playlist_type', 'vod', '-hls_flags', 'independent_segments']),
    ...(fmp4 ? ['-hls_segment_type', 'fmp4', '-hls_fmp4_init_filename', 'init.mp4'] : []),
    ...['-hls_segment_filename', `%v/segment-%05d.${fmp4 ? 'm4s' : 'ts'}`],
    ...['-master_pl_name', 'master.m3u8', '-var_stream_map', streams, '%v/index.m3u8'],
  ];
}
