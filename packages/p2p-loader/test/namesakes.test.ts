import { Namesakes } from '../src/playlists/namesakes.js';

const BASE = 'https://cdn.example/live/';
const TEXT = `#EXTM3U
#EXT-X-PART:DURATION=1,URI="s1.ts?part=0"
#EXTINF:4,
s1.ts
#EXTINF:4,
 s1.ts?q=low
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="s2.ts?part=1"
`;

describe('a request with a query', () => {
  const namesakes = new Namesakes();
  namesakes.note(`${BASE}a.m3u8?t=1`, TEXT);

  it.each(['s1.ts?token=a', 's1.ts?part=9', 's2.ts?token=a'])('means the segment, with %s', (requested) => {
    expect(namesakes.has(`${BASE}${requested.split('?')[0]}`, BASE + requested)).toBe(false);
  });

  it.each(['s1.ts?part=0', 's1.ts?token=a&part=0', 's1.ts?q=low', 's2.ts?part=1&token=a'])(
    'means what another line of a playlist names: %s',
    (requested) => expect(namesakes.has(`${BASE}${requested.split('?')[0]}`, BASE + requested)).toBe(true),
  );
});
