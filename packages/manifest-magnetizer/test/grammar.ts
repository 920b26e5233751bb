import fc from 'fast-check';

/** A playlist from a grammar with every tag of RFC 8216bis, in lines that are not always in their right places. */

const uri = fc.oneof(
  fc.nat(99).map((n) => `seg${n}.ts`),
  fc.nat(99).map((n) => `https://cdn.example/${n}.m4s?token=${n}`),
  fc.constantFrom(
    '../up/seg.ts',
    '5.ts',
    '//cdn.example/seg.ts',
    'data:video/mp2t;base64,AA==',
    'blob:https://a/b',
    'süß.ts',
    'a b.ts  ',
    '  led.ts',
    '{$path}/seg.ts',
    '{$none}/seg.ts',
  ),
);
const extinf = fc
  .tuple(
    fc.constantFrom('4', '4.004', '.5', '0', '4.', ' 3'),
    fc.constantFrom('', ',', ',title', ',{$path}', ',ti\u2028tle'),
  )
  .map(([duration, title]) => `#EXTINF:${duration}${title}`);
const perSegment = fc.constantFrom(
  '#EXT-X-BYTERANGE:1000@0',
  '#EXT-X-BYTERANGE:500',
  '#EXT-X-BYTERANGE:x',
  '#EXT-X-DISCONTINUITY',
  '#EXT-X-GAP',
  '#EXT-X-KEY:METHOD=AES-128,URI="key.bin",IV=0x00000000000000000000000000000001',
  '#EXT-X-KEY:METHOD=NONE',
  '#EXT-X-MAP:URI="init.mp4",BYTERANGE="720@0"',
  '#EXT-X-PROGRAM-DATE-TIME:2026-01-02T03:04:05.678Z',
  '#EXT-X-BITRATE:1200',
  '#EXT-X-PART:DURATION=0.5,URI="part.1.mp4",INDEPENDENT=YES',
  '#EXT-X-DATERANGE:ID="ad",START-DATE="2026-01-02T03:04:05Z",DURATION=4',
  '#EXT-X-CUE-OUT:30',
  '# a comment, after a blank',
  '#a comment',
  '#a comment\u2028#EXTINF:',
  '#EXT-X-CUSTOM:\u2029#EXTINF: ',
  '',
  '  ',
);
const header = fc.constantFrom(
  '#EXT-X-VERSION:9',
  '#EXT-X-TARGETDURATION:4',
  '#EXT-X-MEDIA-SEQUENCE:17',
  '#EXT-X-DISCONTINUITY-SEQUENCE:3',
  '#EXT-X-PLAYLIST-TYPE:EVENT',
  '#EXT-X-INDEPENDENT-SEGMENTS',
  '#EXT-X-START:TIME-OFFSET=-12',
  '#EXT-X-DEFINE:NAME="path",VALUE="live"',
  '#EXT-X-DEFINE:QUERYPARAM="token"',
  '#EXT-X-DEFINE:IMPORT="cdn"',
  '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5,CAN-SKIP-UNTIL=24',
  '#EXT-X-PART-INF:PART-TARGET=0.5',
  '#EXT-X-SKIP:SKIPPED-SEGMENTS=3',
);
const trailer = fc.constantFrom(
  '#EXT-X-ENDLIST',
  '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part.2.mp4"',
  '#EXT-X-RENDITION-REPORT:URI="../1M/index.m3u8",LAST-MSN=273,LAST-PART=2',
  'orphan.ts',
  '#EXTINF:4,',
);
const segment = fc
  .tuple(fc.array(perSegment, { maxLength: 3 }), extinf, fc.array(perSegment, { maxLength: 2 }), uri)
  .map(([before, inf, between, name]) => [...before, inf, ...between, name]);

/** The lines of a Media Playlist, without terminators. */
export const mediaLines = fc
  .tuple(fc.array(header, { maxLength: 5 }), fc.array(segment, { maxLength: 6 }), fc.array(trailer, { maxLength: 2 }))
  .map(([head, segments, tail]) => ['#EXTM3U', ...head, ...segments.flat(), ...tail]);

const variant = fc.constantFrom(
  ['#EXT-X-STREAM-INF:BANDWIDTH=1280000,CODECS="avc1.4d401f,mp4a.40.2",AUDIO="a"', 'low/index.m3u8'],
  ['#EXT-X-STREAM-INF:BANDWIDTH=2560000', '', '# comment', 'mid/index.m3u8?a=1'],
  ['#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",URI="audio/en.m3u8"'],
  ['#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=86000,URI="low/iframe.m3u8"'],
  ['#EXT-X-SESSION-KEY:METHOD=AES-128,URI="key.bin"'],
  ['#EXT-X-CONTENT-STEERING:SERVER-URI="/steer",PATHWAY-ID="CDN-A"'],
);
/** The lines of a Multivariant Playlist. */
export const multivariantLines = fc
  .array(variant, { minLength: 1, maxLength: 6 })
  .map((variants) => ['#EXTM3U', '#EXT-X-VERSION:7', ...variants.flat()]);

const oursInInput = fc.constantFrom(
  '###magnet:?xt=urn:btih:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa&xl=1',
  '###live-torrent:?v=1&stream=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa&tr=wss%3A%2F%2Fevil.example',
  '###magnet:',
);
const mutation = fc.tuple(
  fc.nat(),
  fc.oneof(oursInInput, uri, extinf, perSegment, header, fc.string({ unit: 'binary' })),
);

function mutate(lines: string[], mutations: [number, string][]): string[] {
  const result = [...lines];
  for (const [at, line] of mutations) result.splice(at % (result.length + 1), at % 3, line);
  return result;
}

const damagedLines = fc
  .tuple(fc.oneof({ weight: 4, arbitrary: mediaLines }, multivariantLines), fc.array(mutation, { maxLength: 4 }))
  .map(([lines, mutations]) => mutate(lines, mutations));

/** LF, CRLF and CR alone, byte order mark or not, last terminator or not. */
const layout = fc.record({ terminator: fc.constantFrom('\n', '\r\n', '\r'), bom: fc.boolean(), final: fc.boolean() });
type Layout = { terminator: string; bom: boolean; final: boolean };
const layOut = (lines: string[], { terminator, bom, final }: Layout): string =>
  (bom ? '\ufeff' : '') + lines.join(terminator) + (final ? terminator : '');

/** A well-formed Media Playlist's text. */
export const mediaPlaylist = fc.tuple(mediaLines, layout).map(([lines, how]) => layOut(lines, how));

/** Any text that resembles a playlist: cut, mutated, with mixed terminators, with lines of ours in it. */
export const anyPlaylist = fc.oneof(
  mediaPlaylist,
  fc.tuple(damagedLines, layout).map(([lines, how]) => layOut(lines, how)),
  fc
    .tuple(damagedLines, fc.array(fc.constantFrom('\n', '\r\n', '\r', '\r\r\n', ' \n'), { minLength: 1 }), fc.nat(2000))
    .map(([lines, terminators, cut]) =>
      lines
        .map((line, i) => line + terminators[i % terminators.length])
        .join('')
        .slice(0, cut),
    ),
  fc.string({ unit: 'binary' }).map((rest) => `#EXTM3U\n${rest}`),
);
