/** Longest time between two key frames that is cut as it is, s: a segment is at least as long. */
export const MAX_KEY_INTERVAL = 15;
/** Most that video which is encoded anew takes, bit/s. */
export const MAX_BIT_RATE = 6_000_000;
/** Sound that is encoded anew, bit/s. */
export const SOUND_BIT_RATE = 160_000;

/** Video that Chromium and Firefox decode on any machine, in ffmpeg's names; of H.264 only what has 8 bits and 4:2:0. */
const PLAYABLE_VIDEO = new Set(['h264', 'vp9', 'av1']);
const PLAYABLE_H264 = new Set(['yuv420p', 'yuvj420p']);
const NOT_EVERYWHERE = 'not all browsers play it';
/** Formats of ffmpeg that are no film, though it makes one of them: pictures, text, and lists of other files, which may be any. */
const NO_FILM = /^(?:image2|tty|hls|concat|concatf|dash|ffmetadata|srt|webvtt|ass|.*_pipe)$/;

/** What `ffprobe -show_format -show_streams -of json` says of a file, as far as it is used. */
export interface Probe {
  readonly format?: { readonly format_name?: string; readonly duration?: string; readonly size?: string };
  readonly streams?: readonly ProbedStream[];
}

interface ProbedStream {
  readonly index: number;
  readonly codec_type?: string;
  readonly codec_name?: string;
  readonly pix_fmt?: string;
  readonly disposition?: { readonly default?: number; readonly attached_pic?: number };
}

/** One stream of the film that is played. */
export interface PlannedStream {
  /** ffmpeg's number of it. */
  readonly index: number;
  /** ffmpeg's name, such as `h264`. */
  readonly codec: string;
  /** Why it is encoded anew; undefined: it is played as it is. */
  readonly because: string | undefined;
}

/** What is done with a film; at least one of the two is there. */
export interface FilmPlan {
  readonly video: PlannedStream | undefined;
  readonly sound: PlannedStream | undefined;
  /** What the segments take, bytes, about. */
  readonly bytes: number;
}

/** The stream of pictures that would be played, covers of records aside. */
export function videoOf({ streams = [] }: Probe): ProbedStream | undefined {
  return preferred(streams, 'video');
}

function soundOf({ streams = [] }: Probe): ProbedStream | undefined {
  return preferred(streams, 'audio');
}

/** Why there is nothing to play in it; undefined where there is. */
export function whyNoFilm(probe: Probe): string | undefined {
  const format = probe.format?.format_name ?? 'nothing that ffmpeg knows';
  if (format.split(',').some((name) => NO_FILM.test(name))) {
    return `is neither film nor sound (${format}); -f FOLDER plays the segments of a folder`;
  }
  const found = videoOf(probe) ?? soundOf(probe);
  return found === undefined ? `has neither pictures nor sound (${format})` : undefined;
}

/**
 * Decides which streams are played, and whether as they are: what browsers do not play is encoded anew.
 * @param keyInterval longest time between two key frames, s
 */
export function planFilm(probe: Probe, keyInterval: number): FilmPlan {
  const [video, sound] = [videoOf(probe), soundOf(probe)];
  const plan = {
    video: video && planned(video, whyNoCopy(video, keyInterval)),
    sound: sound && planned(sound, sound.codec_name === 'aac' ? undefined : NOT_EVERYWHERE),
  };
  const seconds = Number(probe.format?.duration) || 0;
  const encoded = ((plan.video?.because ? MAX_BIT_RATE : 0) + (plan.sound?.because ? SOUND_BIT_RATE : 0)) / 8;
  return {
    ...plan,
    bytes: Math.ceil((Number(probe.format?.size) || 0) + encoded * seconds),
  };
}

/** What ffmpeg is going to do, for the operator. */
export function describePlan({ video, sound }: FilmPlan): string {
  const parts = [describe(video, 'H.264'), describe(sound, 'AAC')].filter((part) => part !== undefined);
  return parts.join(', ');
}

function describe(stream: PlannedStream | undefined, instead: string): string | undefined {
  if (stream === undefined) return undefined;
  const { codec, because } = stream;
  return because === undefined ? `${codec} as it is` : `${codec} encoded anew as ${instead} (${because})`;
}

/** Why pictures are encoded anew; undefined where they are not. */
function whyNoCopy({ codec_name = '', pix_fmt = '' }: ProbedStream, keyInterval: number): string | undefined {
  if (!PLAYABLE_VIDEO.has(codec_name)) return NOT_EVERYWHERE;
  if (codec_name === 'h264' && !PLAYABLE_H264.has(pix_fmt)) return `browsers play none with ${pix_fmt} pixels`;
  if (keyInterval <= MAX_KEY_INTERVAL) return undefined;
  return `its key frames are up to ${Math.round(keyInterval)} s apart, and no segment may be that long`;
}

function preferred(streams: readonly ProbedStream[], type: string): ProbedStream | undefined {
  const found = streams.filter(
    ({ codec_type, codec_name, disposition }) =>
      codec_type === type && codec_name !== undefined && disposition?.attached_pic !== 1,
  );
  return found.find(({ disposition }) => disposition?.default === 1) ?? found[0];
}

function planned({ index, codec_name = '' }: ProbedStream, because: string | undefined): PlannedStream {
  return { index, codec: codec_name, because };
}

/**
 * The longest time between two key frames, or after the last, s.
 * @param packets lines such as `4.000000,K_` or `4.040000,__`, in the order of the file: presentation time, s, and flags
 */
export function longestKeyInterval(packets: string): number {
  const times = [...packets.matchAll(/^(-?[\d.]+),(.*)$/gm)].map(([, time, flags = '']) => ({
    time: Number(time),
    key: flags.includes('K'),
  }));
  const end = Math.max(...times.map(({ time }) => time));
  const keys = [...times.filter(({ key }) => key).map(({ time }) => time), end].sort((a, b) => a - b);
  return Math.max(0, ...keys.slice(1).map((time, i) => time - (keys[i] ?? 0)));
}
