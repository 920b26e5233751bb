import { M3U8Parser } from 'hls.js';
import HLS from 'hls-parser';
import { Parser } from 'm3u8-parser';

HLS.setOptions({ silent: true });

/** What hls.js's own playlist parser makes of a playlist. */
export function hlsJsSegments(text: string): unknown {
  const parser = M3U8Parser as unknown as {
    parseLevelPlaylist(
      text: string,
      url: string,
      id: number,
      type: string,
      urlId: number,
      variables: null,
    ): LevelDetails;
  };
  const details = parser.parseLevelPlaylist(text, 'https://origin.example/live/index.m3u8', 0, 'main', 0, null);
  return {
    error: details.playlistParsingError?.message,
    live: details.live,
    startSN: details.startSN,
    target: details.targetduration,
    segments: details.fragments.map((segment) => [
      segment?.sn,
      segment?.relurl,
      segment?.duration,
      segment?.title,
      segment?.byteRange,
      segment?.cc,
      segment?.gap,
      segment?.rawProgramDateTime,
      segment?.initSegment?.relurl,
      Object.keys(segment?.levelkeys ?? {}),
    ]),
    parts: details.partList?.map((part) => [part.relurl, part.duration, part.fragment?.sn]),
  };
}

interface Fragment {
  sn: unknown;
  relurl: string;
  duration: number;
  title: string | null;
  byteRange: number[];
  cc: number;
  gap: boolean;
  rawProgramDateTime: string | null;
  initSegment: { relurl: string } | null;
  levelkeys: object | undefined;
}

interface LevelDetails {
  playlistParsingError: Error | null;
  live: boolean;
  startSN: number;
  targetduration: number;
  fragments: (Fragment | null)[];
  partList: { relurl: string; duration: number; fragment: Fragment | undefined }[] | null;
}

/** What hls-parser makes of a playlist: all that it finds, or its complaint. */
export function hlsParserSegments(text: string): unknown {
  try {
    const { source: _, ...playlist } = HLS.parse(text) as unknown as Record<string, unknown>;
    return playlist;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What m3u8-parser makes of a playlist: its whole manifest, or its complaint. */
export function m3u8ParserSegments(text: string): unknown {
  const parser = new Parser();
  try {
    parser.push(text);
    parser.end();
    return parser.manifest;
  } catch (error) {
    return (error as Error).message;
  }
}
