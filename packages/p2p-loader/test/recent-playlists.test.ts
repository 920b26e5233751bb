import { RecentPlaylists } from '../src/playlists/recent-playlists.js';

const MIB = 1024 * 1024;

describe('the playlists that were shown last', () => {
  it('are kept, the last one of each URL, in order, until they are cleared', () => {
    const recent = new RecentPlaylists<number>();
    for (const [n, url] of ['a', 'b', 'a'].entries()) recent.keep(url, n, 100);
    expect(recent.all).toEqual([1, 2]);
    recent.clear();
    expect(recent.all).toEqual([]);
  });

  it('are sixteen at most, the newest', () => {
    const recent = new RecentPlaylists<number>();
    for (let n = 0; n < 20; n++) recent.keep(String(n), n, 100);
    expect(recent.all).toEqual(Array.from({ length: 16 }, (_, n) => n + 4));
  });

  it('have 4 Mi characters at most', () => {
    const recent = new RecentPlaylists<string>();
    recent.keep('too long', 'too long', 5 * MIB);
    for (const name of ['a', 'b', 'c', 'c']) recent.keep(name, name, 1.9 * MIB);
    expect(recent.all).toEqual(['b', 'c']);
  });
});
