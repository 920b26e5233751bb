import { readParts } from '../src/playlist/parts.js';

const URL_ = 'https://cdn.example/live/index.m3u8';
const HEAD = '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:7\n';
const shown = (text: string) =>
  readParts(text, URL_).map(({ url, byteRange, mediaSequence, index, duration }) => [
    url?.slice('https://cdn.example'.length),
    byteRange && `${byteRange.length}@${byteRange.offset}`,
    mediaSequence,
    index,
    duration,
  ]);

describe('the Partial Segments of a playlist', () => {
  it('are those of its last segments and of the one that grows, by Media Sequence Number and place', () => {
    const text = `${HEAD}#EXTINF:4,\n7.mp4\n#EXT-X-PART:DURATION=2,URI="8.0.mp4"\n#EXT-X-PART:DURATION=2.5,URI="8.1.mp4",INDEPENDENT=YES\n#EXTINF:4,\n8.mp4\n#EXT-X-PART:DURATION=2,URI="/9.0.mp4#x"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="9.1.mp4"\n`;
    expect(shown(text)).toEqual([
      ['/live/8.0.mp4', undefined, 8, 0, 2],
      ['/live/8.1.mp4', undefined, 8, 1, 2.5],
      ['/9.0.mp4', undefined, 9, 0, 2],
    ]);
  });

  it('are numbered on after what a delta update leaves out', () => {
    expect(shown(`${HEAD}#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n#EXTINF:4,\na\n#EXT-X-PART:DURATION=1,URI="p"\n`)).toEqual([
      ['/live/p', undefined, 11, 0, 1],
    ]);
  });

  it('go on where the one before ended, where a byte range says no offset', () => {
    const ranges = ['10@5', '20', '7'].map((range) => `#EXT-X-PART:DURATION=1,URI="s.mp4",BYTERANGE="${range}"\n`);
    expect(shown(HEAD + ranges.join('')).map(([, range]) => range)).toEqual(['10@5', '20@15', '7@35']);
  });

  it('have variables in their URIs, and count those that are gaps', () => {
    const text = `${HEAD}#EXT-X-DEFINE:NAME="a",VALUE="b"\n#EXT-X-PART:DURATION=1,URI="x",GAP=YES\n#EXT-X-PART:DURATION=1,URI="{$a}/x"\n`;
    expect(shown(text)).toEqual([['/live/b/x', undefined, 7, 1, 1]]);
  });

  it.each(['', 'no playlist', `${HEAD}#EXTINF:4,\na\n`, '#EXT-X-PART:', `${HEAD}#EXT-X-PART:URI=\n`])(
    'are none, or none that can be asked for, in %j',
    (text) => {
      expect(readParts(text, URL_).filter(({ url }) => url !== undefined)).toEqual([]);
    },
  );
});
