import { checkPlaylist, PlaylistSyntaxError } from '../src/index.js';

describe('checkPlaylist', () => {
  it.each([
    ['a.ts\n', 1, 'a.ts', 'expected #EXTM3U'],
    ['#EXTM3U\n#EXTINF:x,\na.ts\n', 2, '#EXTINF:x,', 'EXTINF without a duration'],
    ['#EXTM3U\r\n\r\n#EXT-X-BYTERANGE:1@\r\n', 3, '#EXT-X-BYTERANGE:1@', 'EXT-X-BYTERANGE is not'],
    ['#EXTM3U\n#EXT-X-SKIP:\n', 2, '#EXT-X-SKIP:', 'EXT-X-SKIP without'],
    ['#EXTM3U\n#EXT-X-DEFINE:FOO="a"\n', 2, '#EXT-X-DEFINE:FOO="a"', 'has none of NAME, IMPORT and QUERYPARAM'],
    ['#EXTM3U\n#EXT-X-DEFINE:IMPORT="a"\n', 2, '#EXT-X-DEFINE:IMPORT="a"', 'the variable has no value'],
    [
      '#EXTM3U\n#EXT-X-DEFINE:NAME="a",VALUE=""\n#EXT-X-DEFINE:QUERYPARAM="a"\n',
      3,
      '#EXT-X-DEFINE:QUERYPARAM="a"',
      'the variable has no value',
    ],
    ['#EXTM3U\n#EXTINF:1,\n{$a}.ts\n', 3, '{$a}.ts', 'a variable is not defined'],
    [
      '#EXTM3U\n#EXTINF:1,\na.ts\n#EXT-X-MEDIA:URI="a"\n',
      1,
      '#EXTM3U',
      'tags of Media and Multivariant Playlists in one',
    ],
    [`#EXTM3U\n#${'x'.repeat(70_000)}\n`, 2, `#${'x'.repeat(199)}`, 'a line of more than 64 KiB'],
  ])('tells the line, its text and the reason: %#', (text, line, content, reason) => {
    const error = checkPlaylist(text);
    expect(error).toBeInstanceOf(PlaylistSyntaxError);
    expect(error).toMatchObject({
      line,
      text: content,
      message: expect.stringContaining(reason),
    });
  });

  it('finds nothing wrong with what players take', () => {
    for (const text of [
      '\n#EXTM3U url-tvg="a"\n #EXTINF:1,\n a.ts\n',
      '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-STREAM-INF:PROGRAM-ID=1, BANDWIDTH=1\n# a\na.m3u8\n',
      '#EXTM3U\n#EXT-X-MAP:URI=init.mp4\n#EXTINF:1,\na.ts\n',
    ]) {
      expect(checkPlaylist(text)).toBeUndefined();
    }
  });

  it('finds nothing wrong with a playlist that is right', () => {
    expect(
      checkPlaylist('#EXTM3U\n#EXT-X-DEFINE:QUERYPARAM="t"\n#EXTINF:1,\n{$t}.ts', { url: 'http://a/?t=1' }),
    ).toBeUndefined();
  });

  it('comes to an end on lines that would take a pattern with backtracking hours', () => {
    for (const hostile of [
      '\r'.repeat(60_000),
      ' '.repeat(60_000),
      '{$a'.repeat(20_000),
      `#EXT-X-MEDIA:${'A'.repeat(60_000)}`,
      `#EXT-X-DEFINE:${'="'.repeat(30_000)}`,
    ]) {
      const text = `#EXTM3U\n${`#EXTINF:1,\nx${hostile}x\n${hostile}\n`.repeat(50)}`;
      expect(checkPlaylist(text)?.line ?? 0).toBeGreaterThanOrEqual(0);
    }
  });
});
