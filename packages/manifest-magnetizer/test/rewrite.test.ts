import fc from 'fast-check';
import { createUriRewriter, isPlaylist, rewriteUris } from '../src/index.js';
import { anyPlaylist } from './grammar.js';
import { lenientPlaylist } from './lenient-grammar.js';

const prefix = ({ uri, tag }: { uri: string; tag: string }): string => `/${tag}/${uri}`;

describe('rewriteUris', () => {
  it('replaces every URI of a Multivariant Playlist, and nothing else', () => {
    const text = [
      '#EXTM3U\r\n',
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="URI=",NAME="a, b",URI="a.m3u8",DEFAULT=YES\r\n',
      '#EXT-X-STREAM-INF:BANDWIDTH=1\r\n# note\r\n  low.m3u8 \r\n',
      '#EXT-X-I-FRAME-STREAM-INF:URI="i.m3u8",BANDWIDTH=1\r\n',
      '#EXT-X-CONTENT-STEERING:SERVER-URI="/s"\r\norphan.m3u8',
    ].join('');
    expect(rewriteUris(text, prefix)).toBe(
      [
        '#EXTM3U\r\n',
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="URI=",NAME="a, b",URI="/EXT-X-MEDIA/a.m3u8",DEFAULT=YES\r\n',
        '#EXT-X-STREAM-INF:BANDWIDTH=1\r\n# note\r\n  /EXT-X-STREAM-INF/low.m3u8 \r\n',
        '#EXT-X-I-FRAME-STREAM-INF:URI="/EXT-X-I-FRAME-STREAM-INF/i.m3u8",BANDWIDTH=1\r\n',
        '#EXT-X-CONTENT-STEERING:SERVER-URI="/EXT-X-CONTENT-STEERING//s"\r\n/EXT-X-STREAM-INF/orphan.m3u8',
      ].join(''),
    );
  });

  it('replaces segments, parts, maps, keys and hints of a Media Playlist, with variables substituted', () => {
    const text =
      '#EXTM3U\n#EXT-X-DEFINE:NAME="d",VALUE="x"\n#EXT-X-MAP:URI="{$d}.mp4"\n#EXT-X-KEY:METHOD=NONE\n#EXTINF:4,\n{$d}.ts\n#EXTINF:4,\n{$e}.ts\n';
    expect(rewriteUris(text, prefix)).toBe(
      '#EXTM3U\n#EXT-X-DEFINE:NAME="d",VALUE="x"\n#EXT-X-MAP:URI="/EXT-X-MAP/x.mp4"\n#EXT-X-KEY:METHOD=NONE\n#EXTINF:4,\n/EXTINF/x.ts\n#EXTINF:4,\n/EXTINF/{$e}.ts\n',
    );
  });

  it('leaves what the callback leaves, other bytes and what is no playlist', () => {
    const bytes = new Uint8Array(Buffer.from('#EXTM3U\n#EXTINF:4,\xff\n\xc3\xbc.ts\n', 'latin1'));
    expect(rewriteUris(bytes, () => undefined)).toEqual(bytes);
    expect(Buffer.from(rewriteUris(bytes, ({ uri }) => `${uri} "\n`)).toString('latin1')).toBe(
      '#EXTM3U\n#EXTINF:4,\xff\n%C3%BC.ts%20%22%0A\n',
    );
    for (const text of ['a.ts\nb.ts\n', '<!doctype html>\n#EXTM3U\na.ts\n', '{"URI":"#EXTM3U"}', '']) {
      expect(rewriteUris(text, prefix)).toBe(text);
    }
  });

  it('leaves URIs with variables to be imported that it does not know, and substitutes those that it knows', () => {
    const text = '#EXTM3U\n#EXT-X-DEFINE:IMPORT="cdn"\n#EXTINF:4,\n{$cdn}/a.ts\n#EXTINF:4,\nb.ts\n';
    const before = '#EXTM3U\n#EXT-X-DEFINE:IMPORT="cdn"\n#EXTINF:4,\n';
    expect(rewriteUris(text, prefix)).toBe(`${before}{$cdn}/a.ts\n#EXTINF:4,\n/EXTINF/b.ts\n`);
    expect(rewriteUris(text, prefix, { imported: new Map([['cdn', 'c']]) })).toBe(
      `${before}/EXTINF/c/a.ts\n#EXTINF:4,\n/EXTINF/b.ts\n`,
    );
  });

  it.each([
    ['#EXT-X-MAP:URI=init.mp4,BYTERANGE="1@0"', '#EXT-X-MAP:URI=/EXT-X-MAP/init.mp4,BYTERANGE="1@0"'],
    ["#EXT-X-MAP:URI='init.mp4'", "#EXT-X-MAP:URI='/EXT-X-MAP/init.mp4'"],
    ['#EXT-X-KEY: METHOD=AES-128, URI = "k"', '#EXT-X-KEY: METHOD=AES-128, URI = "/EXT-X-KEY/k"'],
    ['#EXT-X-KEY:FLAG,URI="k"', '#EXT-X-KEY:FLAG,URI="/EXT-X-KEY/k"'],
    ['  #EXT-X-KEY:URI="k"', '  #EXT-X-KEY:URI="/EXT-X-KEY/k"'],
    ['#EXT-X-DATERANGE:X-ASSET-LIST="l"', '#EXT-X-DATERANGE:X-ASSET-LIST="/EXT-X-DATERANGE/l"'],
    ['#EXT-X-DATERANGE:X-ASSET-URI="l"', '#EXT-X-DATERANGE:X-ASSET-URI="/EXT-X-DATERANGE/l"'],
    ['#EXT-X-ANY:X-URI="a.b",X-AD-URL="/c"', '#EXT-X-ANY:X-URI="/EXT-X-ANY/a.b",X-AD-URL="/EXT-X-ANY//c"'],
    ['#EXT-X-IMAGE-STREAM-INF:URI="i.m3u8"', '#EXT-X-IMAGE-STREAM-INF:URI="/EXT-X-IMAGE-STREAM-INF/i.m3u8"'],
    ['#EXT-X-PREFETCH:a.ts', '#EXT-X-PREFETCH:/EXT-X-PREFETCH/a.ts'],
    ['## #EXT-X-MEDIA:URI="a.m3u8"', '## #EXT-X-MEDIA:URI="/EXT-X-MEDIA/a.m3u8"'],
    ['a.ts\u00a0', '/EXTINF/a.ts\u00a0'],
    ['\u3000\ufeffa\u00a0b.ts \u2028', '\u3000\ufeff/EXTINF/a%C2%A0b.ts \u2028'],
  ])('replaces the URI in %j', (line, rewritten) => {
    const text = (content: string): string => `#EXTM3U\n#EXT-X-TARGETDURATION:1\n${content}\n`;
    expect(rewriteUris(text(line), prefix)).toBe(text(rewritten));
    expect(Buffer.from(rewriteUris(Buffer.from(text(line)), prefix)).toString()).toBe(text(rewritten));
  });

  it.each([
    '#EXT-X-MEDIA:NAME="a,URI=b",CODECS="avc1.4d401f/x"',
    '#EXT-X-DATERANGE:X-CLICK-URL="none",X-COM-BEACON="/b",ID="/c"',
    '#EXTINF:4,a title, URI="b.ts"',
    '#EXT-X-PREFETCH-DISCONTINUITY',
    '#EXT-X-MAP:URI=""',
    '# URI="a.ts"',
    '###EXTINF:4',
  ])('finds no URI in %j', (line) => {
    expect(rewriteUris(`#EXTM3U\n${line}\n`, prefix)).toBe(`#EXTM3U\n${line}\n`);
  });

  it('writes quotation marks where a value without them would end too early', () => {
    const text = '#EXTM3U\n#EXT-X-MAP:URI=a\n';
    expect(rewriteUris(text, () => '/b,c')).toBe('#EXTM3U\n#EXT-X-MAP:URI="/b,c"\n');
  });

  it('says which attribute has a URI, and what nothing tells of a URI line', () => {
    const references: unknown[] = [];
    rewriteUris('#EXTM3U\na.ts\n#EXT-X-DATERANGE:X-ASSET-LIST="b"\n', (reference) => {
      references.push(reference);
      return undefined;
    });
    expect(references).toEqual([
      { uri: 'a.ts', tag: '' },
      { uri: 'b', tag: 'EXT-X-DATERANGE', attribute: 'X-ASSET-LIST' },
    ]);
  });

  it.each([
    ['60,000 segments', '#EXTM3U\n', '#EXTINF:4,\nseg.ts\n', 60_000],
    ['a line of more than 64 KiB', `#EXTM3U\n#EXT-X-DATERANGE:ID="${'x'.repeat(70_000)}"\n`, '#EXTINF:4,\nseg.ts\n', 2],
    ['more than 16 MiB', `#EXTM3U\n${`#${'x'.repeat(60_000)}\n`.repeat(280)}`, '#EXTINF:4,\nseg.ts\n', 2],
  ])('replaces every URI of a playlist with %s', (_, before, segment, count) => {
    const rewritten = rewriteUris(Buffer.from(before + segment.repeat(count)), prefix);
    const expected = Buffer.from(before + segment.replace('seg', '/EXTINF/seg').repeat(count));
    expect(Buffer.compare(rewritten, expected)).toBe(0);
  });
});

describe('createUriRewriter', () => {
  const inParts = (playlist: Uint8Array, ...cuts: number[]): Buffer => {
    const rewriter = createUriRewriter(prefix);
    const at = [0, ...cuts.map((cut) => cut % (playlist.length + 1)).sort((a, b) => a - b), playlist.length];
    const parts = at.slice(1).map((end, i) => rewriter.push(playlist.subarray(at[i], end)));
    return Buffer.concat([...parts, rewriter.end()]);
  };

  it('writes what rewriteUris writes, wherever the playlist is cut', () => {
    fc.assert(
      fc.property(fc.oneof(lenientPlaylist, anyPlaylist), fc.array(fc.nat()), (text, cuts) => {
        const playlist = Buffer.from(`#EXTM3U\n${text}`);
        expect(inParts(playlist, ...cuts).toString()).toBe(Buffer.from(rewriteUris(playlist, prefix)).toString());
      }),
    );
  });

  it('takes no byte order mark in the middle for the beginning', () => {
    const playlist = Buffer.from('#EXTM3U\n\ufeff###magnet:?a\n');
    expect(inParts(playlist, 8).toString()).toBe(Buffer.from(rewriteUris(playlist, prefix)).toString());
  });

  it('holds no more than a line of 16 MiB: a longer one passes through as it is', () => {
    const long = Buffer.alloc(17 * 1024 * 1024, 'x');
    const rewriter = createUriRewriter(prefix);
    const parts = [Buffer.from('#EXTM3U\n#EXTINF:4,\n'), long, Buffer.from('.ts\n#EXTINF:4,\na.ts\n')];
    const [first, second, third] = parts.map((part) => rewriter.push(part));
    expect(Buffer.from(first as Uint8Array).toString()).toBe('#EXTM3U\n#EXTINF:4,\n');
    expect(Buffer.compare(second as Uint8Array, long)).toBe(0);
    expect(Buffer.from(third as Uint8Array).toString()).toBe('.ts\n#EXTINF:4,\n/EXTINF/a.ts\n');
    expect(rewriter.end()).toHaveLength(0);
  });
});

describe('isPlaylist', () => {
  it.each([
    '#EXTM3U',
    '\ufeff#EXTM3U x="y"\n',
    '\n\r\n #EXTM3U\n',
    '# a\n#EXTINF:4,\na.ts',
    '0#EXTM3U\n#EXT-X-VERSION:3',
  ])('is so for %j', (text) => {
    expect(isPlaylist(text)).toBe(true);
    expect(isPlaylist(Buffer.from(text))).toBe(true);
  });

  it.each(['', 'a.ts', '<html>\n#EXTM3U\n', ' #EXTFOO\n', 'x #EXTM3U', 'WEBVTT\n\n#EXT'])(
    'is not so for %j',
    (text) => {
      expect(isPlaylist(text)).toBe(false);
      expect(isPlaylist(Buffer.from(text))).toBe(false);
    },
  );
});
