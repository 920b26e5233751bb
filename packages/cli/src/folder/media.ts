import { ADTS, BufferSource, Input, type InputTrack, Logging, LogLevel, MP4, MPEG_TS } from 'mediabunny';
import { packedAudioStart } from './packed-audio.js';

// What is wrong with a file is said once, by its name.
Logging.level = LogLevel.Silent;

/** Where a segment lies on its media's own clock. */
export interface MediaTime {
  /** Presentation time of the first sample or cue, s. */
  readonly start: number;
  /** End of the last sample or cue, s. */
  readonly end: number;
  /** Whether the segment itself tells its place; if not, `start` means nothing beyond it. */
  readonly timestamps: boolean;
}

/** What a segment holds, in the words of EXT-X-STREAM-INF (RFC 8216 §4.3.4.2). */
export interface Makeup {
  readonly video?: { readonly codec: string | undefined; readonly width: number; readonly height: number };
  readonly audio?: {
    readonly codec: string | undefined;
    readonly channels: number;
    /** ISO 639-2; undefined when the media does not tell. */
    readonly language: string | undefined;
  };
}

export interface Media extends MediaTime {
  readonly makeup: Makeup;
}

/**
 * The times of a segment's video, or of its sound when it has no video, in presentation order (B-frames included), and what it is.
 * @param init The Media Initialization Section, for fMP4.
 * @throws Error when the media cannot be parsed or has neither.
 */
export async function readMedia(bytes: Uint8Array, init?: Uint8Array): Promise<Media> {
  const whole = init === undefined ? bytes : Buffer.concat([init, bytes]);
  const input = new Input({ source: new BufferSource(whole), formats: [MP4, MPEG_TS, ADTS] });
  try {
    const packed = (await input.getFormat()) === ADTS;
    const video = await input.getPrimaryVideoTrack();
    const audio = await input.getPrimaryAudioTrack();
    const track = video ?? audio;
    if (track === null) throw new Error('has neither video nor sound');
    // ADTS frames have no times: the reader counts them from 0.
    const offset = packed ? packedAudioStart(bytes) : 0;
    const start = (offset ?? 0) + (await track.getFirstTimestamp());
    const end = (offset ?? 0) + (await track.computeDuration());
    if (!(end >= start)) throw new Error('has no samples');
    const makeup: Makeup = {
      ...(video && {
        video: {
          codec: await codecOf(video),
          width: await video.getDisplayWidth(),
          height: await video.getDisplayHeight(),
        },
      }),
      ...(audio && {
        audio: {
          codec: await codecOf(audio),
          channels: await audio.getNumberOfChannels(),
          language: known(await audio.getLanguageCode()),
        },
      }),
    };
    return { start, end, timestamps: offset !== undefined, makeup };
  } finally {
    input.dispose();
  }
}

async function codecOf(track: InputTrack): Promise<string | undefined> {
  return (await track.getCodecParameterString()) ?? undefined;
}

/** `und` stands for a language that nobody named. */
function known(language: string): string | undefined {
  return /^[a-z]{2,3}$/.test(language) && language !== 'und' ? language : undefined;
}
