import type { Makeup } from './media.js';

/** A rendition as the Multivariant Playlist names it. */
export interface Variant {
  /** Tells it from the others; NAME of EXT-X-MEDIA. */
  readonly name: string;
  readonly uri: string;
  readonly makeup: Makeup;
  /** Of its largest segment, bit/s. */
  readonly peak: number;
  /** Of all its segments, bit/s. */
  readonly average: number;
}

/** The Multivariant Playlist (RFC 8216 §4.3.4), LF line ends. Sound of its own goes with each video that has none. */
export function multivariantPlaylist(variants: readonly Variant[]): string {
  const mute = variants.filter(({ makeup }) => makeup.video && !makeup.audio);
  const sounds = mute.length === 0 ? [] : variants.filter(({ makeup }) => !makeup.video);
  const groups = groupsOf(sounds);
  const lines = ['#EXTM3U', '#EXT-X-VERSION:6', ...[...groups].flatMap(([id, members]) => members.map(mediaLine(id)))];
  for (const variant of variants) {
    if (sounds.includes(variant)) continue;
    if (!mute.includes(variant) || groups.size === 0) lines.push(...streamLines(variant, [], undefined));
    else for (const [id, members] of groups) lines.push(...streamLines(variant, members, id));
  }
  return `${lines.join('\n')}\n`;
}

/** Renditions of one group have one codec (§4.3.4.1.1 lets players choose among them freely). */
function groupsOf(sounds: readonly Variant[]): Map<string, Variant[]> {
  const groups = new Map<string, Variant[]>();
  const codecs = [...new Set(sounds.map(({ makeup }) => makeup.audio?.codec))];
  for (const sound of sounds) {
    const at = codecs.indexOf(sound.makeup.audio?.codec);
    const id = at === 0 ? 'audio' : `audio-${at + 1}`;
    groups.set(id, [...(groups.get(id) ?? []), sound]);
  }
  return groups;
}

function mediaLine(group: string): (sound: Variant, at: number) => string {
  return ({ name, uri, makeup: { audio } }, at) => {
    const language = audio?.language === undefined ? '' : `,LANGUAGE="${audio.language}"`;
    const channels = audio === undefined ? '' : `,CHANNELS="${audio.channels}"`;
    const isDefault = at === 0 ? 'YES' : 'NO';
    return `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="${group}",NAME="${name}"${language},DEFAULT=${isDefault},AUTOSELECT=YES${channels},URI="${uri}"`;
  };
}

function streamLines({ uri, makeup, peak, average }: Variant, sounds: readonly Variant[], group: string | undefined) {
  const most = (rates: readonly number[]): number => Math.max(0, ...rates);
  const bandwidth = Math.ceil(peak + most(sounds.map((sound) => sound.peak)));
  const attributes = [`BANDWIDTH=${bandwidth}`];
  attributes.push(`AVERAGE-BANDWIDTH=${Math.ceil(average + most(sounds.map((sound) => sound.average)))}`);
  const codecs = [makeup.video, makeup.audio, sounds[0]?.makeup.audio].flatMap((track) => (track ? [track.codec] : []));
  // A codec that nobody knows would make players refuse the rendition.
  if (!codecs.includes(undefined)) attributes.push(`CODECS="${codecs.join(',')}"`);
  if (makeup.video) attributes.push(`RESOLUTION=${makeup.video.width}x${makeup.video.height}`);
  if (group !== undefined) attributes.push(`AUDIO="${group}"`);
  return [`#EXT-X-STREAM-INF:${attributes.join(',')}`, uri];
}
