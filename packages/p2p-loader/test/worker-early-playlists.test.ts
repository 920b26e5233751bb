import { EarlyPlaylists } from '../src/early-playlists.js';
import { type ReadPlaylist, readPlaylist } from '../src/playlist-catalog.js';

const MIB = 1024 * 1024;

const at = (name: string): string => `https://tv.example/${name}.m3u8`;
const read = (name: string, lines: string): ReadPlaylist => readPlaylist(at(name), `#EXTM3U\n#EXTINF:4,\n${lines}`);
const ended = (name: string, segment = '1.ts'): ReadPlaylist => read(name, `${segment}\n#EXT-X-ENDLIST\n`);
const urlsOf = (playlists: readonly ReadPlaylist[]): string[] => playlists.map(({ url }) => url);

describe('playlists that came before the loader might use them', () => {
  it('are kept when they have ended, the last one of each URL, in order', () => {
    const early = new EarlyPlaylists();
    const [first, b, second] = [ended('a'), ended('b'), ended('a', '2.ts')];
    for (const media of [first, b, second, read('c', '1.ts\n')]) early.keep(media, 100);
    expect(early.take()).toEqual([b, second]);
    expect(early.take()).toEqual([]);
  });

  it('are sixteen at most, the newest', () => {
    const early = new EarlyPlaylists();
    for (let n = 0; n < 20; n++) early.keep(ended(String(n)), 100);
    expect(urlsOf(early.take())).toEqual(Array.from({ length: 16 }, (_, n) => at(String(n + 4))));
  });

  it('have 4 Mi characters at most', () => {
    const early = new EarlyPlaylists();
    early.keep(ended('too-long'), 5 * MIB);
    for (const name of ['a', 'b', 'c', 'c']) early.keep(ended(name), 1.9 * MIB);
    expect(urlsOf(early.take())).toEqual([at('b'), at('c')]);
  });
});
