import fc from 'fast-check';

/** Playlists as they are found, and as players take them: whatever a proxy must not lose a URI of. */

const reference = fc.oneof(
  fc.nat(99).map((n) => `seg${n}.ts`),
  fc.constantFrom(
    '../up/seg.ts?a=1&b=2',
    '/root/seg.m4s',
    '//cdn.example/seg.ts',
    'https://cdn.example/live/seg.ts?token=a%2Fb',
    'HTTP://cdn.example:8080/seg.ts',
    'süß.ts',
    'a b.ts',
    'seg.ts#part',
    '?id=7',
    'data:text/plain;base64,AA==',
    'skd://key',
    '{$path}/seg.ts',
    '{$none}/seg.ts',
  ),
);
/** Players do not agree on variables in values without quotes. */
const unquotable = reference.filter((uri) => !/[, ]|\{\$/.test(uri));
/** An attribute with a URI: quoted or not. */
const withUri = (name: string): fc.Arbitrary<string> =>
  fc.oneof(
    reference.map((uri) => `${name}="${uri}"`),
    unquotable.map((uri) => `${name}=${uri}`),
  );
/** A tag with its attributes, in any order, with blanks after commas or not. */
const tag = (name: string, uri: string, ...others: string[]): fc.Arbitrary<string> =>
  fc
    .tuple(withUri(uri), fc.subarray(others, { minLength: others.length }), fc.nat(), fc.constantFrom(',', ', ', ',  '))
    .map(([attribute, rest, at, comma]) => {
      const list = [...rest];
      list.splice(at % (list.length + 1), 0, attribute);
      return `#EXT-X-${name}:${list.join(comma)}`;
    });

const extinf = fc.constantFrom('#EXTINF:4,', '#EXTINF:4.004', '#EXTINF: 3,a title, of two parts', '#EXTINF:.5,URI="x"');
const comment = fc.constantFrom('# a comment', '##', '#EXTGRP:news', '', '   ', '#EXT-X-CUE-OUT:30', '#EXT-X-UNKNOWN');
const ofSegment = fc.oneof(
  { weight: 3, arbitrary: comment },
  tag('MAP', 'URI', 'BYTERANGE="720@0"'),
  tag('KEY', 'URI', 'METHOD=AES-128', 'KEYFORMAT="identity"'),
  tag('PART', 'URI', 'DURATION=0.5', 'INDEPENDENT=YES'),
  tag('DATERANGE', 'X-ASSET-URI', 'ID="a"', 'CLASS="com.apple.hls.interstitial"', 'START-DATE="2026-01-02T03:04:05Z"'),
  tag('DATERANGE', 'X-ASSET-LIST', 'ID="b"', 'CLASS="com.apple.hls.interstitial"', 'START-DATE="2026-01-02T03:04:05Z"'),
  tag('RENDITION-REPORT', 'URI', 'LAST-MSN=3', 'LAST-PART=2'),
  tag('PRELOAD-HINT', 'URI', 'TYPE=PART'),
  tag('SESSION-DATA', 'URI', 'DATA-ID="com.example.title"'),
  tag('CONTENT-STEERING', 'SERVER-URI', 'PATHWAY-ID="a"'),
);
const segment = fc
  .tuple(fc.array(ofSegment, { maxLength: 2 }), fc.option(extinf), fc.array(comment, { maxLength: 2 }), reference)
  .map(([before, inf, between, uri]) => [...before, ...(inf === null ? [] : [inf]), ...between, uri]);
const prefetch = reference.map((uri) => [`#EXT-X-PREFETCH:${uri}`]);
const media = fc
  .tuple(
    fc.constantFrom(
      ['#EXT-X-TARGETDURATION:5'],
      ['#EXT-X-VERSION:9', '#EXT-X-TARGETDURATION: 5', '#EXT-X-MEDIA-SEQUENCE:7'],
    ),
    fc.array(segment, { minLength: 1, maxLength: 6 }),
    fc.array(prefetch, { maxLength: 2 }),
  )
  .map(([head, segments, last]) => [...head, ...segments.flat(), ...last.flat()]);

const variant = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        'BANDWIDTH=1',
        'PROGRAM-ID=1, BANDWIDTH=2,CODECS="avc1.4d401f,mp4a.40.2"',
        'BANDWIDTH=3 ,AUDIO="a"',
      ),
      fc.array(comment, { maxLength: 2 }),
      reference,
    )
    .map(([list, between, uri]) => [`#EXT-X-STREAM-INF:${list}`, ...between, uri]),
  fc.tuple(tag('MEDIA', 'URI', 'TYPE=AUDIO', 'GROUP-ID="a"', 'NAME="a, URI=b"')),
  fc.tuple(tag('I-FRAME-STREAM-INF', 'URI', 'BANDWIDTH=86000')),
  fc.tuple(tag('SESSION-KEY', 'URI', 'METHOD=AES-128')),
  fc.tuple(tag('SESSION-DATA', 'URI', 'DATA-ID="com.example.title"')),
  fc.tuple(tag('CONTENT-STEERING', 'SERVER-URI', 'PATHWAY-ID="a"')),
  fc.tuple(reference),
  fc.constantFrom(['#EXT-X-MEDIA-SEQUENCE:0'], ['## #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="off",URI="off.m3u8"']),
);
const multivariant = fc.array(variant, { minLength: 1, maxLength: 6 }).map((variants) => variants.flat());

const header = fc.constantFrom(
  ['#EXTM3U'],
  ['', '#EXTM3U'],
  ['  ', '#EXTM3U '],
  ['#EXTM3U url-tvg="http://epg.example/x.xml" m3uautoload=1'],
  [' #EXTM3U'],
  ['# by hand', '#EXTM3U'],
  [],
);
const definition = fc.constantFrom(
  [],
  ['#EXT-X-DEFINE:NAME="path",VALUE="live"'],
  ['#EXT-X-DEFINE:QUERYPARAM="token"', '#EXT-X-DEFINE:NAME="path",VALUE="//cdn.example/{$token}"'],
);
const indent = fc.oneof(
  { weight: 3, arbitrary: fc.constant(['']) },
  fc.array(fc.constantFrom('', ' ', '\t', '    '), { minLength: 1 }),
);

/** A playlist's text. */
export const lenientPlaylist = fc
  .tuple(header, definition, fc.oneof(media, multivariant), indent, indent, fc.constantFrom('\n', '\r\n'), fc.boolean())
  .map(([first, defined, lines, before, after, terminator, final]) => {
    const indented = [...defined, ...lines].map(
      // hls.js takes the quotation marks for a part of a value that is followed by a blank.
      (line, i) => before[i % before.length] + line + (line.endsWith('"') ? '' : after[i % after.length]),
    );
    return [...first, ...indented].join(terminator) + (final ? terminator : '');
  });
