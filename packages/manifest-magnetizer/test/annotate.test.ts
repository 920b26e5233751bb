import fc from 'fast-check';
import {
  annotatePlaylist,
  checkPlaylist,
  type MediaSegment,
  readMagnets,
  readSegments,
  readStream,
  stripPlaylist,
} from '../src/index.js';
import { anyPlaylist, mediaPlaylist } from './grammar.js';
import { hlsJsSegments, hlsParserSegments, m3u8ParserSegments } from './parsers.js';

const HASH = 'abcdef0123456789abcdef0123456789abcdef01';
const STREAM = { stream: HASH, announce: ['wss://tracker.example/a?b=c d&e', 'ws://127.0.0.1:8008/'] };
const magnetOf = (segment: MediaSegment): string =>
  `magnet:?xt=urn:btih:${HASH}&xl=${1 + segment.mediaSequence + (segment.byteRange?.offset ?? 0)}`;
const MAGNET = `###magnet:?xt=urn:btih:${HASH}&xl=1`;
const annotateOne = (text: string): string => annotatePlaylist(text, () => `magnet:?xt=urn:btih:${HASH}&xl=1`);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('annotatePlaylist', () => {
  it('strips back to the stripped input, whatever the input', () => {
    fc.assert(
      fc.property(anyPlaylist, (text) => {
        expect(stripPlaylist(annotatePlaylist(text, magnetOf, STREAM))).toBe(stripPlaylist(text));
      }),
      { numRuns: 1500 },
    );
  });

  it('gives back the bytes of a playlist, whatever bytes', () => {
    const withBytes = fc.tuple(mediaPlaylist, fc.uint8Array(), fc.nat()).map(([text, bytes, at]) => {
      const playlist = Buffer.from(text);
      return Buffer.concat([
        playlist.subarray(0, at % playlist.length),
        bytes,
        playlist.subarray(at % playlist.length),
      ]);
    });
    fc.assert(
      fc.property(withBytes, (bytes) => {
        const annotated = annotatePlaylist(bytes, magnetOf, STREAM);
        expect(Buffer.from(stripPlaylist(annotated)).equals(bytes)).toBe(true);
      }),
    );
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(anyPlaylist, (text) => {
        const once = annotatePlaylist(text, magnetOf, STREAM);
        expect(annotatePlaylist(once, magnetOf, STREAM)).toBe(once);
      }),
      { numRuns: 1500 },
    );
  });

  it('annotates bytes as it annotates their text', () => {
    fc.assert(
      fc.property(mediaPlaylist, (text) => {
        const annotated = annotatePlaylist(utf8(text), magnetOf, STREAM);
        expect(Buffer.from(annotated).toString()).toBe(annotatePlaylist(text, magnetOf, STREAM));
      }),
    );
  });

  it('leaves hls.js the same segments', () => {
    fc.assert(
      fc.property(anyPlaylist, (text) => {
        const stripped = stripPlaylist(text);
        expect(hlsJsSegments(annotatePlaylist(text, magnetOf, STREAM))).toEqual(hlsJsSegments(stripped));
      }),
      { numRuns: 1500 },
    );
  });

  it('leaves hls-parser and m3u8-parser the same playlist', () => {
    fc.assert(
      fc.property(anyPlaylist, (text) => {
        const stripped = stripPlaylist(text);
        const annotated = annotatePlaylist(text, magnetOf, STREAM);
        expect(hlsParserSegments(annotated)).toEqual(hlsParserSegments(stripped));
        expect(m3u8ParserSegments(annotated)).toEqual(m3u8ParserSegments(stripped));
      }),
      { numRuns: 1500 },
    );
  });

  it('lets every magnet and the stream be read again', () => {
    fc.assert(
      fc.property(mediaPlaylist, (text) => {
        const offered: MediaSegment[] = [];
        const offer = (segment: MediaSegment): string => {
          offered.push(segment);
          return magnetOf(segment);
        };
        const annotated = annotatePlaylist(text, offer, STREAM);
        expect(readMagnets(annotated).map(({ uri, byteRange }) => [uri, byteRange])).toEqual(
          offered.map(({ uri, byteRange }) => [uri, byteRange]),
        );
        if (/[\r\n]/.test(text)) expect(readStream(annotated)).toEqual({ ...STREAM, announce: [...STREAM.announce] });
      }),
    );
  });

  it.each(['\n', '\r\n', '\r'])('ends its lines as the playlist does: %j', (eol) => {
    const text = ['#EXTM3U', '#EXTINF:4,', 'a.ts', '#EXTINF:4,', 'b.ts'].join(eol);
    expect(annotateOne(text)).toBe(['#EXTM3U', '#EXTINF:4,', MAGNET, 'a.ts', '#EXTINF:4,', MAGNET, 'b.ts'].join(eol));
  });

  it('stands directly before the URI, after blank and comment lines', () => {
    expect(annotateOne('#EXTM3U\n#EXTINF:4,\n\n#EXT-X-GAPS\n# note\n \na.ts\n')).toBe(
      `#EXTM3U\n#EXTINF:4,\n\n#EXT-X-GAPS\n# note\n \n${MAGNET}\na.ts\n`,
    );
  });

  it.each([
    ['a gap', '#EXTM3U\n#EXTINF:4,\n#EXT-X-GAP\na.ts\n'],
    ['an orphan URI', '#EXTM3U\n#EXT-X-TARGETDURATION:4\na.ts\n'],
    ['a data: URI', '#EXTM3U\n#EXTINF:4,\ndata:video/mp2t;base64,AA==\n'],
    ['a ftp: URI', '#EXTM3U\n#EXTINF:4,\nftp://example.org/a.ts\n'],
    [
      'parts, hints, maps, keys and reports',
      '#EXTM3U\n#EXT-X-MAP:URI="i.mp4"\n#EXT-X-KEY:METHOD=AES-128,URI="k"\n#EXT-X-PART:DURATION=1,URI="p.mp4"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="q.mp4"\n#EXT-X-RENDITION-REPORT:URI="r.m3u8"\n',
    ],
    ['an I-frame-only playlist', '#EXTM3U\n#EXT-X-I-FRAMES-ONLY\n#EXTINF:4,\n#EXT-X-BYTERANGE:9@0\na.ts\n'],
    ['a Multivariant Playlist', '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n'],
    ['a playlist that is both', '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n#EXTINF:4,\na.ts\n'],
    [
      'a Multivariant Playlist with tags of the other',
      '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n',
    ],
    ['a list of channels', '#EXTM3U\n#EXTINF:-1 tvg-id="a",A\na.m3u8\n#EXTINF:0,B\nb.m3u8?c=1\n'],
    ['a range of unknown offset', '#EXTM3U\n#EXTINF:4,\n#EXT-X-BYTERANGE:100\na.ts\n'],
    ['a range that is none', '#EXTM3U\n#EXTINF:4,\n#EXT-X-BYTERANGE:a@b\na.ts\n'],
    ['an undefined variable', '#EXTM3U\n#EXTINF:4,\n{$a}.ts\n'],
    ['a segment without a duration', '#EXTM3U\n#EXTINF:,\na.ts\n'],
    ['no playlist', 'a.ts\nb.ts\n'],
    ['a web page', '<!doctype html>\n#EXTM3U\n#EXTINF:4,\na.ts\n'],
    ['an empty file', ''],
    ['a lone header', '#EXTM3U'],
  ])('writes no magnet for %s', (_, text) => {
    expect(annotateOne(text)).toBe(text);
  });

  it.each([
    ['more than 50,000 segments', `#EXTM3U\n${'#EXTINF:4,\na.ts\n'.repeat(50_001)}`],
    ['a line of more than 64 KiB', `#EXTM3U\n#EXTINF:4,\na.ts\n#${'x'.repeat(65_536)}\n`],
    ['more than 16 MiB', `#EXTM3U\n#EXTINF:4,\na.ts\n${`#${'x'.repeat(65_000)}\n`.repeat(260)}`],
  ])('passes a playlist with %s through', (_, text) => {
    expect(annotateOne(text) === text).toBe(true);
  });

  it('says that it is a limit, and which', () => {
    expect(checkPlaylist(`#EXTM3U\n#EXTINF:x,\n${'#EXTINF:4,\na.ts\n'.repeat(50_001)}`)).toMatchObject({
      name: 'PlaylistLimitError',
      message: 'line 100004: more than 50000 segments: "a.ts"',
    });
  });

  it.each([
    ['indented lines', '#EXTM3U\n  #EXT-X-TARGETDURATION:4\n\t#EXTINF:4,\n', '\ta.ts\n'],
    ['attributes after #EXTM3U', '#EXTM3U url-tvg="http://epg.example/" x=1\n#EXTINF:4,\n', 'a.ts\n'],
    ['blanks after #EXTM3U', '#EXTM3U \t\n#EXTINF:4,\n', 'a.ts\n'],
    ['EXT-X-SESSION-DATA', '#EXTM3U\n#EXT-X-SESSION-DATA:DATA-ID="a",VALUE="b"\n#EXTINF:4,\n', 'a.ts\n'],
    ['EXT-X-CONTENT-STEERING', '#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI="s"\n#EXTINF:4,\n', 'a.ts\n'],
    ['EXT-X-MEDIA', '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,URI="b.m3u8"\n#EXTINF:4,\n', 'a.ts\n'],
  ])('stands in a Media Playlist with %s, as players take it', (_, before, uri) => {
    expect(annotateOne(before + uri)).toBe(`${before}${MAGNET}\n${uri}`);
  });

  it('stands in a playlist with empty lines and comments before #EXTM3U, and the stream line after that', () => {
    const annotated = annotatePlaylist('\n \n# by hand\n#EXTM3U\n#EXTINF:4,\na.ts\n', magnetOf, STREAM);
    expect(annotated).toMatch(
      /^\n \n# by hand\n#EXTM3U\n###live-torrent:[^\n]*\n#EXTINF:4,\n###magnet:[^\n]*\na\.ts\n$/,
    );
    expect(readStream(annotated)).toEqual(STREAM);
    expect(readMagnets(annotated)).toHaveLength(1);
  });

  it('stands before segments with a duration of their own only, where others have none', () => {
    expect(annotateOne('#EXTM3U\n#EXT-X-TARGETDURATION:4\na.ts\n#EXTINF:4,\nb.ts\n#EXTINF:-1,\nc.ts\n')).toBe(
      `#EXTM3U\n#EXT-X-TARGETDURATION:4\na.ts\n#EXTINF:4,\n${MAGNET}\nb.ts\n#EXTINF:-1,\nc.ts\n`,
    );
  });

  it('stands where U+2028 in a title or comment is no danger, and only there', () => {
    expect(annotateOne('#EXTM3U\n#EXTINF:4,ti\u2028tle\n#a\u2029b\na.ts\n')).toContain(`${MAGNET}\na.ts`);
    for (const trap of [
      '#EXTINF:4,\u2028#EXTINF:',
      '#EXTINF:4,\n#x\u2029#EXTINF: \n',
      '#EXTINF:4,\n#EXT-X\u2028#EXTINF:',
    ]) {
      const text = `#EXTM3U\n${trap}\n5.ts\n`;
      expect(annotateOne(text)).toBe(text);
      expect(Buffer.from(annotatePlaylist(utf8(text), magnetOf)).toString()).toBe(text);
    }
  });

  it('removes lines of its kind that came with the input', () => {
    const evil = `###live-torrent:?v=1&stream=${'e'.repeat(40)}&tr=wss%3A%2F%2Fevil.example`;
    const text = `#EXTM3U\n${evil}\n#EXTINF:4,\n${MAGNET}\na.ts\n`;
    expect(annotatePlaylist(text, () => undefined)).toBe('#EXTM3U\n#EXTINF:4,\na.ts\n');
  });

  it('refuses a stream that is not 40 hex digits, and a magnet that is none', () => {
    expect(() => annotatePlaylist('#EXTM3U\n', () => undefined, { stream: 'x' })).toThrow(TypeError);
    expect(() => annotatePlaylist('#EXTM3U\n#EXTINF:4,\na.ts\n', () => 'x')).toThrow(/"x"/);
  });

  it('keeps a magnet on one ASCII line', () => {
    const annotated = annotatePlaylist('#EXTM3U\n#EXTINF:4,\na.ts\n', () => 'magnet:?dn=ü\n#EXT-X-ENDLIST');
    expect(annotated).toBe('#EXTM3U\n#EXTINF:4,\n###magnet:?dn=%C3%BC%0A#EXT-X-ENDLIST\na.ts\n');
  });
});

describe('what magnetOf is told', () => {
  const offered = (text: string, baseUrl?: string): MediaSegment[] => [...readSegments(text, baseUrl).segments];

  it('numbers segments from EXT-X-MEDIA-SEQUENCE, skipped ones of a delta update counted', () => {
    const text =
      '#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:100\n#EXT-X-SKIP:SKIPPED-SEGMENTS=7\n#EXTINF:4.5,x, y\na.ts\norphan.ts\n#EXTINF:3\nb.ts\n';
    expect(offered(text).map(({ mediaSequence, duration, title }) => [mediaSequence, duration, title])).toEqual([
      [107, 4.5, 'x, y'],
      [108, 5, ''],
      [109, 3, ''],
    ]);
  });

  it('numbers segments as hls.js does, those without EXTINF counted', () => {
    fc.assert(
      fc.property(mediaPlaylist, (text) => {
        const plain = `${text.replace(/[\u2028\u2029]/g, '')}\n#EXT-X-TARGETDURATION:4\n`;
        const { segments } = JSON.parse(hlsJsSegments(plain.replace(/^\ufeff/, ''))) as { segments: unknown[][] };
        const numbers = segments.map(([number]) => number).filter((number) => typeof number === 'number');
        expect(offered(plain).map(({ mediaSequence }) => mediaSequence)).toEqual(numbers);
      }),
    );
  });

  it.each([
    ['1764400000000000', 1764400000000000],
    ['1764400000000000.5', 1764400000000000],
    [' 17 ', 17],
    ['18446744073709551610', 4503599627370490],
    ['9007199254740993', 1],
    ['184467440737095516100', 0],
    ['x', 0],
  ])('numbers segments from %s exactly, modulo 2^52', (written, first) => {
    const text = `#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:${written}\n${'#EXTINF:4,\na.ts\n'.repeat(3)}`;
    expect(offered(text).map(({ mediaSequence }) => mediaSequence)).toEqual([first, first + 1, first + 2]);
  });

  it('continues a range of the same resource, and only of that', () => {
    const text = [
      '#EXTM3U',
      '#EXTINF:4,',
      '#EXT-X-BYTERANGE:100@50',
      'a.ts',
      '#EXTINF:4,',
      '#EXT-X-BYTERANGE:10@0',
      'b.ts',
      '#EXT-X-BYTERANGE:30',
      '#EXTINF:4,',
      'a.ts',
      '#EXTINF:4,',
      'a.ts',
    ].join('\n');
    expect(offered(text).map(({ byteRange }) => byteRange)).toEqual([
      { offset: 50, length: 100 },
      { offset: 0, length: 10 },
      { offset: 150, length: 30 },
      undefined,
    ]);
  });

  it('substitutes variables of all three kinds', () => {
    const text =
      '#EXTM3U\n#EXT-X-DEFINE:NAME="p",VALUE="x/y"\n#EXT-X-DEFINE:QUERYPARAM="t"\n#EXT-X-DEFINE:IMPORT="cdn"\n#EXTINF:4,\n{$cdn}/{$p}/a.ts?t={$t}#f\n';
    const [segment] = readSegments(
      text,
      'https://o.example/m.m3u8?t=1%202',
      new Map([['cdn', 'https://c.example']]),
    ).segments;
    expect(segment).toMatchObject({
      uri: 'https://c.example/x/y/a.ts?t=1 2#f',
      url: 'https://c.example/x/y/a.ts?t=1%202',
    });
  });

  it('reads the URI of bytes as UTF-8', () => {
    const [segment] = readSegments(utf8('#EXTM3U\n#EXTINF:4,tïtle\nsüß.ts\n'), 'http://a/').segments;
    expect(segment).toMatchObject({ uri: 'süß.ts', title: 'tïtle', url: 'http://a/s%C3%BC%C3%9F.ts' });
  });
});
