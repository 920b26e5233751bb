import { rewriteUris } from '../src/index.js';

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
        '#EXT-X-CONTENT-STEERING:SERVER-URI="/EXT-X-CONTENT-STEERING//s"\r\norphan.m3u8',
      ].join(''),
    );
  });

  it('replaces segments, parts, maps, keys and hints of a Media Playlist, with variables substituted', () => {
    const text =
      '#EXTM3U\n#EXT-X-DEFINE:NAME="d",VALUE="x"\n#EXT-X-MAP:URI="{$d}.mp4"\n#EXT-X-KEY:METHOD=NONE\n#EXTINF:4,\n{$d}.ts\n#EXTINF:4,\n{$e}.ts\n';
    expect(rewriteUris(text, prefix)).toBe(
      '#EXTM3U\n#EXT-X-DEFINE:NAME="d",VALUE="x"\n#EXT-X-MAP:URI="/EXT-X-MAP/x.mp4"\n#EXT-X-KEY:METHOD=NONE\n#EXTINF:4,\n/EXTINF/x.ts\n#EXTINF:4,\n{$e}.ts\n',
    );
  });

  it('leaves what the callback leaves, other bytes and what is no playlist', () => {
    const bytes = new Uint8Array(Buffer.from('#EXTM3U\n#EXTINF:4,\xff\n\xc3\xbc.ts\n', 'latin1'));
    expect(rewriteUris(bytes, () => undefined)).toEqual(bytes);
    expect(Buffer.from(rewriteUris(bytes, ({ uri }) => `${uri} "\n`)).toString('latin1')).toBe(
      '#EXTM3U\n#EXTINF:4,\xff\n%C3%BC.ts%20%22%0A\n',
    );
    expect(rewriteUris('#EXTINF:4,\na.ts\n', prefix)).toBe('#EXTINF:4,\na.ts\n');
  });
});
