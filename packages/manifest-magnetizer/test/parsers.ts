import { M3U8Parser } from 'hls.js';
import HLS from 'hls-parser';
import { Parser } from 'm3u8-parser';

HLS.setOptions({ silent: true });

/** What hls.js's own playlist parser makes of a playlist, as JSON: or its complaint. */
export const hlsJsSegments = (text: string): string => outcome(() => parseWithHlsJs(text));

function parseWithHlsJs(text: string): unknown {
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

/** What hls-parser makes of a playlist, as JSON: all that it finds, or its complaint. */
export const hlsParserSegments = (text: string): string => outcome(() => ({ ...HLS.parse(text), source: undefined }));

/** What m3u8-parser makes of a playlist, as JSON: its whole manifest, or its complaint. */
export const m3u8ParserSegments = (text: string): string =>
  outcome(() => {
    const parser = new Parser();
    parser.push(text);
    parser.end();
    return parser.manifest;
  });

function outcome(parse: () => unknown): string {
  try {
    return JSON.stringify(parse());
  } catch (error) {
    return (error as Error).message;
  }
}
