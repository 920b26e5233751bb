import { BufferSource, Input, MP4, MPEG_TS } from 'mediabunny';

/** Where a segment lies on its media's own clock. */
export interface MediaTime {
  /** Presentation time of the first sample, s. */
  readonly start: number;
  /** End of the last sample, s. */
  readonly end: number;
}

/**
 * The times of a segment's video, or of its sound when it has no video, in presentation order (B-frames included).
 * @param init The Media Initialization Section, for fMP4.
 * @throws Error when the media cannot be parsed or has neither.
 */
export async function mediaTime(bytes: Uint8Array, init?: Uint8Array): Promise<MediaTime> {
  const whole = init === undefined ? bytes : Buffer.concat([init, bytes]);
  const input = new Input({ source: new BufferSource(whole), formats: [MP4, MPEG_TS] });
  try {
    const track = (await input.getPrimaryVideoTrack()) ?? (await input.getPrimaryAudioTrack());
    if (track === null) throw new Error('has neither video nor sound');
    const start = await track.getFirstTimestamp();
    const end = await track.computeDuration();
    if (!(end >= start)) throw new Error('has no samples');
    return { start, end };
  } finally {
    input.dispose();
  }
}
