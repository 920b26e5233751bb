import { ADTS, BufferSource, Input, MP4, MPEG_TS } from 'mediabunny';
import { packedAudioStart } from './packed-audio.js';

/** Where a segment lies on its media's own clock. */
export interface MediaTime {
  /** Presentation time of the first sample or cue, s. */
  readonly start: number;
  /** End of the last sample or cue, s. */
  readonly end: number;
  /** Whether the segment itself tells its place; if not, `start` means nothing beyond it. */
  readonly timestamps: boolean;
}

/**
 * The times of a segment's video, or of its sound when it has no video, in presentation order (B-frames included).
 * @param init The Media Initialization Section, for fMP4.
 * @throws Error when the media cannot be parsed or has neither.
 */
export async function mediaTime(bytes: Uint8Array, init?: Uint8Array): Promise<MediaTime> {
  const whole = init === undefined ? bytes : Buffer.concat([init, bytes]);
  const input = new Input({ source: new BufferSource(whole), formats: [MP4, MPEG_TS, ADTS] });
  try {
    const packed = (await input.getFormat()) === ADTS;
    const track = (await input.getPrimaryVideoTrack()) ?? (await input.getPrimaryAudioTrack());
    if (track === null) throw new Error('has neither video nor sound');
    // ADTS frames have no times: the reader counts them from 0.
    const offset = packed ? packedAudioStart(bytes) : 0;
    const start = (offset ?? 0) + (await track.getFirstTimestamp());
    const end = (offset ?? 0) + (await track.computeDuration());
    if (!(end >= start)) throw new Error('has no samples');
    return { start, end, timestamps: offset !== undefined };
  } finally {
    input.dispose();
  }
}
