import { Parser } from 'm3u8-parser';

/** A variant stream (RFC 8216 §4.3.4.2), and what is played beside it. */
export interface Variant {
  readonly uri: string;
  /** BANDWIDTH, bits/s. */
  readonly bandwidth: number;
  /** URIs of its renditions (EXT-X-MEDIA with a URI) of all groups that it names, those first that a player plays by default. */
  readonly beside: readonly string[];
}

interface Rendition {
  readonly uri?: string;
  readonly default?: boolean;
}

/** The variant streams of a Multivariant Playlist; none of another. Never throws. */
export function readVariants(text: string): Variant[] {
  const parser = new Parser();
  parser.push(text);
  parser.end();
  const { playlists = [], mediaGroups } = parser.manifest as unknown as {
    playlists?: { uri?: string; attributes?: Record<string, unknown> }[];
    mediaGroups?: Record<string, Record<string, Record<string, Rendition>>>;
  };
  return playlists.flatMap(({ uri, attributes = {} }) => {
    if (uri === undefined) return [];
    const beside = ['AUDIO', 'VIDEO'].flatMap((type) => {
      const group = mediaGroups?.[type]?.[String(attributes[type])] ?? {};
      const renditions = Object.values(group).sort((a, b) => Number(b.default ?? false) - Number(a.default ?? false));
      return renditions.flatMap((rendition) => rendition.uri ?? []);
    });
    return [{ uri, bandwidth: Number(attributes.BANDWIDTH ?? 0), beside }];
  });
}
