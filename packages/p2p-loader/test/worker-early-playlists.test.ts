import { EarlyPlaylists } from '../src/early-playlists.js';

const ended = (mark: string, length = 0): string => `#EXTM3U\n#${mark}${' '.repeat(length)}\n#EXT-X-ENDLIST\n`;
const MIB = 1024 * 1024;

describe('playlists that came before the loader might use them', () => {
  it('are kept when they have ended, the last text of each, in order', () => {
    const early = new EarlyPlaylists();
    early.keep('a', ended('first'));
    early.keep('b', ended('b'));
    early.keep('a', ended('second'));
    early.keep('c', '#EXTM3U\n#EXTINF:4,\n');
    expect(early.take()).toEqual([
      ['b', ended('b')],
      ['a', ended('second')],
    ]);
    expect(early.take()).toEqual([]);
  });

  it('are sixteen at most, the newest', () => {
    const early = new EarlyPlaylists();
    for (let n = 0; n < 20; n++) early.keep(String(n), ended('x'));
    expect(early.take().map(([url]) => url)).toEqual(Array.from({ length: 16 }, (_, n) => String(n + 4)));
  });

  it('have 4 Mi characters at most', () => {
    const early = new EarlyPlaylists();
    early.keep('too long', ended('x', 5 * MIB));
    for (const url of ['a', 'b', 'c']) early.keep(url, ended('x', 1.9 * MIB));
    early.keep('c', ended('x', 1.9 * MIB));
    expect(early.take().map(([url]) => url)).toEqual(['b', 'c']);
  });
});
