import { createMagnetizer, readStream } from '@live-torrent/manifest-magnetizer';
import { type ReadPlaylist, readPlaylist } from '../src/playlists/read-playlist.js';
import { StreamNames } from '../src/playlists/stream-names.js';

const BASE = 'https://tv.example/';
const ALL = 'aa'.repeat(20);
const RENDITION = 'bb'.repeat(20);
const line = (stream: string): string => `###live-torrent:?v=1&stream=${stream}&tr=wss%3A%2F%2Ft.example`;
const MULTIVARIANT = `#EXTM3U
${line(ALL)}
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="en",URI="audio.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"
720p.m3u8?t=1
`;
const MEDIA = `#EXTM3U
${line(RENDITION)}
#EXT-X-TARGETDURATION:4
#EXTINF:4,
1.ts
`;

const never = (): boolean => false;
const read = (name: string, text: string, requested = name): ReadPlaylist =>
  readPlaylist(BASE + name, text, undefined, BASE + requested);

describe('the mesh of a playlist', () => {
  const seen = (): StreamNames => {
    const names = new StreamNames();
    expect(names.name(read('m.m3u8', MULTIVARIANT), never).stream).toBeUndefined();
    return names;
  };

  it.each([
    ['a variant', '720p.m3u8?t=1', undefined],
    ['a rendition beside it', 'audio.m3u8', undefined],
    ['one to which the player adds something', '720p.m3u8?_=5&t=1', undefined],
    ['one that leads elsewhere', 'session/5/x.m3u8', '720p.m3u8?t=1'],
  ])('is the one that its Multivariant Playlist names: %s', (_, name, requested) => {
    expect(seen().name(read(name, MEDIA, requested), never).stream).toMatchObject({
      stream: ALL,
      announce: ['wss://t.example'],
      url: `${BASE}m.m3u8`,
    });
  });

  it('is its own where no Multivariant Playlist was seen, names it, or names a mesh', () => {
    expect(new StreamNames().name(read('720p.m3u8?t=1', MEDIA), never).stream?.stream).toBe(RENDITION);
    expect(seen().name(read('480p.m3u8', MEDIA), never).stream?.stream).toBe(RENDITION);
    const names = new StreamNames();
    names.name(read('m.m3u8', MULTIVARIANT.replace(line(ALL), '')), never);
    expect(names.name(read('audio.m3u8', MEDIA), never).stream?.stream).toBe(RENDITION);
  });

  it('is the one that it names even where the rendition has no line of its own', () => {
    expect(seen().name(read('audio.m3u8', MEDIA.replace(line(RENDITION), '')), never).stream?.stream).toBe(ALL);
  });

  it('stays its own while there are links in that, and is the other for good from then on', () => {
    const names = seen();
    let held: string = RENDITION;
    const holds = (stream: string): boolean => stream === held;
    expect(names.name(read('audio.m3u8', MEDIA), holds).stream?.stream).toBe(RENDITION);
    held = '';
    expect(names.name(read('audio.m3u8', MEDIA), holds).stream?.stream).toBe(ALL);
  });

  it.each(['720p.m3u8?t=1', 'audio.m3u8'])('is the same for all that the magnetizer writes: %s', async (name) => {
    const magnetizer = createMagnetizer({
      announce: ['wss://t.example'],
      readSegment: async () => new Uint8Array(1000),
    });
    const written = (playlist: string, at: string): Promise<string> =>
      magnetizer.magnetize(playlist, { url: BASE + at }) as Promise<string>;
    const names = new StreamNames();
    const multivariant = await written(MULTIVARIANT.replace(line(ALL), '#EXT-X-VERSION:6'), 'm.m3u8');
    const media = await written(MEDIA.replace(line(RENDITION), '#EXT-X-VERSION:6'), name);
    const own = read(name, media).stream?.stream;
    names.name(read('m.m3u8', multivariant), never);
    const stream = names.name(read(name, media), never).stream?.stream;
    expect(stream).toBe(readStream(multivariant)?.stream);
    expect(stream).not.toBe(own);
    magnetizer.close();
  });
});
