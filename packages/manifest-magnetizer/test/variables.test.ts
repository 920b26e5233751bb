import { readVariables, rewriteUris } from '../src/index.js';

describe('readVariables', () => {
  const multivariant =
    '#EXTM3U\n#EXT-X-DEFINE:NAME="dir",VALUE="deep"\n#EXT-X-DEFINE:QUERYPARAM="q"\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n';

  it('gives what the renditions of a Multivariant Playlist import', () => {
    const imported = readVariables(multivariant, { url: 'http://origin.example/top.m3u8?q=7' });
    expect([...imported]).toEqual([
      ['dir', 'deep'],
      ['q', '7'],
    ]);
    const media = '#EXTM3U\n#EXT-X-DEFINE:IMPORT="dir"\n#EXTINF:1,\n{$dir}/a.ts\n';
    expect(rewriteUris(media, ({ uri }) => `/${uri}`, { imported })).toBe(media.replace('{$dir}/a.ts', '/deep/a.ts'));
  });

  it('leaves out what has no value, and gives nothing for what is no playlist', () => {
    expect([...readVariables(multivariant).keys()]).toEqual(['dir']);
    expect(readVariables('<html>').size).toBe(0);
  });
});
