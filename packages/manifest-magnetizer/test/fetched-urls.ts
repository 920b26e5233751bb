import { M3U8Parser } from 'hls.js';
import HLS from 'hls-parser';
import { Parser } from 'm3u8-parser';
import { readVariables } from '../src/index.js';

HLS.setOptions({ silent: true });

/** The URLs that a player would fetch after it has loaded a playlist from `url`, in a fixed order; undefined where it refuses the playlist. */
export type FetchedUrls = (text: string, url: string) => string[] | undefined;

/** By the name of the library that reads the playlist. */
export const players: Readonly<Record<string, FetchedUrls>> = {
  'hls.js': unlessRefused(ofHlsJs),
  'm3u8-parser': unlessRefused((text, url) => {
    const parser = new Parser({ uri: url, mainDefinitions: {} });
    parser.push(text);
    parser.end();
    return urisIn(parser.manifest).map((uri) => absolute(uri, url));
  }),
  // It leaves variables to its caller.
  'hls-parser': unlessRefused((text, url) => {
    const variables = readVariables(`#EXTM3U\n${text}`, { url });
    const value = (_: string, name: string): string => variables.get(name) ?? `{$${name}}`;
    const uris = urisIn({ ...HLS.parse(text), source: undefined });
    return uris.map((uri) => absolute(uri.replace(/\{\$([\w-]+)\}/g, value), url));
  }),
};

type Attributes = Readonly<Record<string, string | undefined>>;
interface Fetched {
  readonly url: string | null;
}
interface HlsJsParser {
  isMediaPlaylist(text: string): boolean;
  resolve(uri: string, base: string): string;
  parseMasterPlaylist(text: string, url: string): HlsJsMultivariant;
  parseMasterPlaylistMedia(text: string, url: string, parsed: HlsJsMultivariant): Record<string, { url: string }[]>;
  parseLevelPlaylist(text: string, url: string, id: number, type: string, urlId: number, variables: null): HlsJsLevel;
}
interface HlsJsMultivariant {
  readonly playlistParsingError: Error | null;
  readonly levels: readonly Fetched[];
  readonly iframeVariants: readonly Fetched[];
  readonly contentSteering: { readonly uri: string } | null;
  readonly sessionData: Readonly<Record<string, Attributes>> | null;
  readonly sessionKeys: readonly { readonly uri: string }[] | null;
}
interface HlsJsLevel {
  readonly playlistParsingError: Error | null;
  readonly fragments: readonly (HlsJsFragment | null)[];
  readonly partList: readonly Fetched[] | null;
  readonly preloadHint: Attributes | undefined;
  readonly renditionReports: readonly Attributes[] | undefined;
  readonly dateRanges: Readonly<Record<string, { readonly attr: Attributes }>>;
}
interface HlsJsFragment extends Fetched {
  readonly initSegment: Fetched | null;
  readonly levelkeys: Readonly<Record<string, { readonly uri: string }>> | undefined;
}

/** It makes a URI of the end of a last EXTINF's title (`#EXTINF:4, the end`) and EXT-X-STREAM-INF where the playlist is cut off there. */
function ofHlsJs(playlist: string, url: string): (string | null | undefined)[] {
  const text = `${playlist.replace(/#EXT-X-STREAM-INF:[^\r\n]*(?:[\r\n](?:#[^\r\n]*)?)*$/, '')}\n`;
  const parser = M3U8Parser as unknown as HlsJsParser;
  const ofAttributes = (attributes: Attributes | undefined, ...names: string[]): string[] =>
    names.flatMap((name) => (attributes?.[name] ? [parser.resolve(attributes[name], url)] : []));
  if (!parser.isMediaPlaylist(text)) {
    const parsed = parser.parseMasterPlaylist(text, url);
    if (parsed.playlistParsingError) throw parsed.playlistParsingError;
    return [
      ...parsed.levels.map((level) => level.url),
      ...parsed.iframeVariants.map((variant) => variant.url),
      ...Object.values(parser.parseMasterPlaylistMedia(text, url, parsed)).flatMap((all) => all.map((one) => one.url)),
      parsed.contentSteering?.uri,
      ...Object.values(parsed.sessionData ?? {}).flatMap((data) => ofAttributes(data, 'URI')),
      ...(parsed.sessionKeys ?? []).map((key) => key.uri),
    ];
  }
  const level = parser.parseLevelPlaylist(text, url, 0, 'main', 0, null);
  if (level.playlistParsingError) throw level.playlistParsingError;
  return [
    ...level.fragments.flatMap((fragment) => [
      fragment?.url,
      fragment?.initSegment?.url,
      ...Object.values(fragment?.levelkeys ?? {}).map((key) => key.uri),
    ]),
    ...(level.partList ?? []).map((part) => part.url),
    ...ofAttributes(level.preloadHint, 'URI'),
    ...(level.renditionReports ?? []).flatMap((report) => ofAttributes(report, 'URI')),
    ...Object.values(level.dateRanges).flatMap(({ attr }) => ofAttributes(attr, 'X-ASSET-URI', 'X-ASSET-LIST')),
  ];
}

/** The values of all members whose name says that they are a URI, however deep. */
function urisIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    typeof member === 'string' && /(?:^ur[il]|-?ur[il]|assetList|ASSET-LIST)$/i.test(name) ? [member] : urisIn(member),
  );
}

/** As VHS and the URL Standard resolve it. */
function absolute(uri: string, base: string): string {
  return URL.canParse(uri, base) ? new URL(uri, base).href : uri;
}

function unlessRefused(urls: (text: string, url: string) => (string | null | undefined)[]): FetchedUrls {
  return (text, url) => {
    try {
      return urls(text, url).filter((one) => typeof one === 'string' && one !== '') as string[];
    } catch {
      return undefined;
    }
  };
}
