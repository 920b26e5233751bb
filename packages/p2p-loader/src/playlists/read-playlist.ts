import { isMagnetized, type KnownMagnets } from '@live-torrent/manifest-magnetizer';
import { isCmcd } from '@live-torrent/sw-proxy/protocol';
import { absoluteUrl } from './absolute-url.js';
import type { ListedSegment } from './listed-segment.js';
import { type Read, ReloadReader, type Take } from './reload-reader.js';

/** A variant stream of a Multivariant Playlist (RFC 8216 §4.3.4.2). */
export interface Variant {
  /** Its Media Playlist's, as that one's state has it. */
  readonly url: string;
  /** BANDWIDTH, bits/s. */
  readonly bandwidth: number;
}

/** As hls.js reads it: wherever it stands in a line, with blanks after commas and comments before the URI. */
const VARIANT = /#EXT-X-STREAM-INF:(?:.*[,\s])?BANDWIDTH=(\d+).*(?:[\r\n]\s*#.*)*[\r\n]\s*([^#\s].*)$/gm;

const ALTERNATIVE = /#EXT-X-MEDIA:(?:.*[,\s])?URI=(?:"([^"]+)"|([^",\s]+))/g;

/** A playlist as it was read, and the URL that the player knows it by. */
export interface ReadPlaylist extends Omit<Read<ListedSegment>, 'taken'> {
  /** Its segments with magnets. */
  readonly listed: readonly ListedSegment[];
  readonly url: string;
  /** Where it came from, after redirects. */
  readonly from: string;
  /** Those that a Multivariant Playlist names. */
  readonly variants: readonly Variant[];
  /** Whether it names renditions that are played beside a variant (EXT-X-MEDIA). */
  readonly alternatives: boolean;
  /** The URLs of both. */
  readonly renditions: readonly string[];
}

const listedOf: Take<ListedSegment> = (segment) => {
  if (!isMagnetized(segment) || segment.url === undefined) return undefined;
  const { infoHash, length, info, url, byteRange: range, mediaSequence, duration } = segment;
  return { infoHash, length, info, url, range, mediaSequence, duration: duration * 1000 };
};

export const createReader = (): ReloadReader<ListedSegment> => new ReloadReader(listedOf);

/**
 * Reads what a player was given. Never throws.
 * @param from its URL after redirects
 * @param known the segments of earlier reloads
 * @param requested the URL that was asked for: redirects may lead elsewhere each time
 * @param reader has read the playlists before it. Default: one that has read none
 */
export function readPlaylist(
  from: string,
  text: string,
  known?: KnownMagnets,
  requested = from,
  reader = createReader(),
): ReadPlaylist {
  const resolve = (uri: string): string => plainUrl(absoluteUrl(uri.trim(), from) ?? uri);
  // One with Media Segments is no Multivariant Playlist (RFC 8216 §4.1), and may be long.
  const isMedia = text.includes('#EXTINF:');
  const all = (tag: string, pattern: RegExp) => (!isMedia && text.includes(tag) ? [...text.matchAll(pattern)] : []);
  const variants = all('#EXT-X-STREAM-INF:', VARIANT).map(([, bandwidth, uri = '']) => ({
    url: resolve(uri),
    bandwidth: Number(bandwidth),
  }));
  const alternatives = all('#EXT-X-MEDIA:', ALTERNATIVE).map(([, quoted, bare = '']) => resolve(quoted ?? bare));
  const url = plainUrl(requested);
  const { taken, ...read } = reader.read(url, from, text, known);
  return {
    ...read,
    listed: taken.filter((listed) => listed !== undefined),
    url,
    from,
    variants,
    alternatives: alternatives.length > 0,
    renditions: [...variants.map(({ url }) => url), ...alternatives],
  };
}

/** Whether a player asks for it only once, where it is not Multivariant because it has ended (EXT-X-ENDLIST); live ones come again. */
export const isLoadedOnce = ({ endList, renditions }: ReadPlaylist): boolean => endList || renditions.length > 0;

/**
 * Without what a player adds for its statistics, and asks of a Low-Latency server: another view of the same playlist (draft-pantos-hls-rfc8216bis
 * §6.2.5). Both change with each reload.
 */
function plainUrl(url: string): string {
  const [resource, query] = url.split(/\?(.*)/s) as [string, string?];
  const kept = query?.split('&').filter((part) => !isCmcd(part) && !part.startsWith('_HLS_'));
  return kept?.length ? `${resource}?${kept.join('&')}` : resource;
}
