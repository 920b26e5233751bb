import { reloadDelay, retryDelay } from '../src/playlists/reload.js';
import { chooseRenditions } from '../src/playlists/renditions.js';
import { readVariants } from '../src/vendor/m3u8-parser.js';

const MULTIVARIANT = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",URI="en.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Deutsch",DEFAULT=YES,URI="de.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=500000,AUDIO="a"
low.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=4000000,AUDIO="a"
high.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1500000,AUDIO="a"
middle.m3u8
`;

describe('the renditions that a helper holds', () => {
  const variants = readVariants(MULTIVARIANT);

  it('are the variant of the highest bandwidth, and what is played beside it by default', () => {
    expect(chooseRenditions(variants, 'highest')).toEqual(['high.m3u8', 'de.m3u8']);
  });

  it('are so many from the highest on down', () => {
    expect(chooseRenditions(variants, 2)).toEqual(['high.m3u8', 'middle.m3u8', 'de.m3u8']);
  });

  it('are all of them, with all that is played beside one', () => {
    expect(chooseRenditions(variants, 'all')).toEqual(['high.m3u8', 'middle.m3u8', 'low.m3u8', 'de.m3u8', 'en.m3u8']);
  });

  it('are none of a Media Playlist, and of what is none', () => {
    for (const text of ['#EXTM3U\n#EXTINF:4,\na.ts\n', '', '<html>', '#EXTM3U\n#EXT-X-STREAM-INF:\n'])
      expect(chooseRenditions(readVariants(text), 'all')).toEqual([]);
  });
});

describe('a playlist is loaded again', () => {
  it('after the target duration where it has changed, after half of it where not (RFC 8216 §6.3.4)', () => {
    expect([reloadDelay(6, true), reloadDelay(6, false)]).toEqual([6_000, 3_000]);
  });

  it('after 4 s where it gives no target duration', () => {
    expect([reloadDelay(undefined, true), reloadDelay(0, true)]).toEqual([4_000, 4_000]);
  });

  it('later and later where it fails, and at least twice a minute for ever', () => {
    const delays = [1, 2, 3, 10, 1_000_000].map((failures) => retryDelay(failures, 0.5));
    expect(delays).toEqual([1_000, 2_000, 4_000, 30_000, 30_000]);
  });
});
