import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { readMagnets, readStream } from '@live-torrent/manifest-magnetizer';
import { createSegmentMagnet } from '@live-torrent/manifest-magnetizer/torrent';
import { FolderWatch } from '../src/folder/folder-watch.js';
import { namesIn, PlayedFolder } from './support/played-folder.js';

// The folder is looked at four times a second; a busy machine takes longer.
jest.setTimeout(60_000);

let folder: PlayedFolder;
beforeEach(() => {
  folder = new PlayedFolder();
});
afterEach(() => folder.stop());

const fixture = (name: string): Buffer => readFileSync(new URL(`./fixtures/${name}`, import.meta.url));

/** The Media Playlists that the Multivariant Playlist names. */
async function renditions(): Promise<Map<string, string>> {
  const { text } = await folder.get('manifest.m3u8');
  const uris = [...text.matchAll(/URI="(manifest-[^"]+)"|^(manifest-.+)$/gm)].map(([, a, b]) => a ?? b ?? '');
  const playlists = new Map<string, string>();
  for (const uri of uris) playlists.set(uri, (await folder.get(uri)).text);
  return playlists;
}

async function expectAllServed(playlist: string): Promise<void> {
  const magnets = readMagnets(playlist, `${folder.url}manifest.m3u8`);
  expect(magnets.length).toBe(namesIn(playlist).length);
  for (const { uri, infoHash } of magnets) {
    const { status, bytes } = await folder.get(uri);
    expect([uri, status, (await createSegmentMagnet(bytes)).infoHash]).toEqual([uri, 200, infoHash]);
  }
}

describe('a folder of several tracks is a Multivariant Playlist', () => {
  it("of ffmpeg's dash muxer: a variant for each picture, sound as EXT-X-MEDIA, read from the media", async () => {
    folder.putAll('dash');
    await folder.start('-l');
    const { text } = await folder.get('manifest.m3u8');
    expect(text).toMatch(
      /#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="chunk-stream2",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="1",URI="manifest-chunk-stream2.m3u8"\n/,
    );
    const variant = (size: string, name: string): RegExp =>
      new RegExp(
        `#EXT-X-STREAM-INF:BANDWIDTH=\\d+,AVERAGE-BANDWIDTH=\\d+,CODECS="avc1\\.[0-9a-f]{6},mp4a\\.40\\.2",RESOLUTION=${size},AUDIO="audio"\n${name}\n`,
      );
    expect(text).toMatch(variant('64x36', 'manifest-chunk-stream0.m3u8'));
    expect(text).toMatch(variant('32x18', 'manifest-chunk-stream1.m3u8'));
    const playlists = await renditions();
    for (const [uri, playlist] of playlists) {
      const track = uri.slice('manifest-'.length, -'.m3u8'.length);
      expect(namesIn(playlist)[0]).toBe(`${track}-00001.m4s`);
      expect(playlist).toContain(`#EXT-X-MAP:URI="segments/${track.replace('chunk', 'init')}.m4s"`);
      await expectAllServed(playlist);
    }
    const streams = [...playlists.values()].map((playlist) => readStream(playlist)?.stream);
    expect([...new Set(streams)]).toHaveLength(1);
  });

  it('whose renditions are in step: same loops, discontinuities and dates', async () => {
    folder.putAll('dash');
    await folder.start('-l');
    await folder.until('manifest-chunk-stream0.m3u8', (_, text) => text.includes('#EXT-X-DISCONTINUITY\n'));
    const [sound, ...pictures] = [...(await renditions()).values()];
    for (const text of [sound ?? '', ...pictures]) {
      // Only those that have come to the seam have it; none has another one.
      expect(text.match(/#EXT-X-DISCONTINUITY\n/g)?.length ?? 0).toBeLessThanOrEqual(1);
      expect(text).not.toContain('EXT-X-DISCONTINUITY-SEQUENCE');
    }
    const dates = (text: string): Map<string, number> =>
      new Map(
        [...text.matchAll(/DATE-TIME:(.*)\n(?:#.*\n)*segments\/.*-(\d+)\.m4s/g)].map(([, date = '', number = '']) => [
          number,
          Date.parse(date),
        ]),
      );
    const [a, b] = [dates(pictures[0] ?? ''), dates(pictures[1] ?? '')];
    // One may be a loop ahead of the other by the time that it is asked for.
    const loop = 5700;
    for (const [number, date] of a) {
      const off = Math.abs((b.get(number) ?? date) - date) % loop;
      expect(Math.min(off, loop - off)).toBeLessThan(50);
    }
  });

  it('of subfolders, one for each rendition', async () => {
    for (let i = 1; i <= 6; i++) {
      folder.put(`dash/chunk-stream0-0000${i}.m4s`, `video/${i}.m4s`);
      folder.put(`dash/chunk-stream2-0000${i}.m4s`, `audio/${i}.m4s`);
    }
    folder.put('dash/init-stream0.m4s', 'video/init.mp4');
    folder.put('dash/init-stream2.m4s', 'audio/init.mp4');
    await folder.start('-l');
    const playlists = await renditions();
    expect([...playlists.keys()].sort()).toEqual(['manifest-audio.m3u8', 'manifest-video.m3u8']);
    expect(playlists.get('manifest-video.m3u8')).toContain('#EXT-X-MAP:URI="segments/video/init.mp4"');
    for (const playlist of playlists.values()) await expectAllServed(playlist);
  });

  it('of two programmes with the same clock: names do not tell them from renditions', async () => {
    for (let i = 0; i < 5; i++) {
      folder.put(`ts/part${i}.m2t`, `cam1-${i}.ts`);
      folder.put(`ts/part${i}.m2t`, `cam2-${i}.ts`);
    }
    await folder.start('-l');
    const playlists = await renditions();
    expect([...playlists.keys()]).toEqual(['manifest-cam1.m3u8', 'manifest-cam2.m3u8']);
    for (const [uri, text] of playlists) {
      for (const name of namesIn(text)) expect(name).toMatch(uri.includes('cam1') ? /^cam1-\d\.ts$/ : /^cam2-\d\.ts$/);
    }
  });

  it("whose files' names do not tell them apart, by the packager's playlists", async () => {
    // As ffmpeg names them for -f hls s_%v.m3u8: s_1 with 0 is s_10.ts, s_0 with 10 would be s_010.ts.
    const list = (number: number): string =>
      `#EXTM3U\n#EXT-X-TARGETDURATION:1\n${[0, 1, 2, 3].map((i) => `#EXTINF:1,\ns_${number}${i}.ts\n`).join('')}`;
    for (let i = 0; i < 4; i++) {
      folder.put(`ts/part${i}.m2t`, `s_0${i}.ts`);
      folder.put(`ts/part${i}.m2t`, `s_1${i}.ts`);
    }
    folder.write('s_0.m3u8', list(0));
    folder.write('s_1.m3u8', list(1));
    await folder.start('-l');
    const playlists = await renditions();
    expect(namesIn(playlists.get('manifest-s_0.m3u8') ?? '').slice(0, 4)).toEqual(
      [0, 1, 2, 3].map((i) => `s_0${i}.ts`),
    );
    expect(namesIn(playlists.get('manifest-s_1.m3u8') ?? '').slice(0, 4)).toEqual(
      [0, 1, 2, 3].map((i) => `s_1${i}.ts`),
    );
  });

  it('that an encoder is writing: each segment of each track goes out when it is complete', async () => {
    const write = (number: number, age: number): void => {
      for (const track of [0, 1, 2]) {
        const name = `chunk-stream${track}-0000${number}.m4s`;
        folder.put(`dash/${name}`, name, age - track / 20);
      }
    };
    for (const track of [0, 1, 2]) folder.put(`dash/init-stream${track}.m4s`, `init-stream${track}.m4s`, 5);
    write(1, 3);
    write(2, 2);
    write(3, 1);
    await folder.start();
    await folder.until('manifest-chunk-stream2.m3u8', (names) => names.length === 3);
    write(4, 0);
    for (const track of [0, 1, 2]) {
      const text = await folder.until(`manifest-chunk-stream${track}.m3u8`, (names) => names.length === 4);
      expect(text).not.toContain('#EXT-X-DISCONTINUITY');
      await expectAllServed(text);
    }
  });
});

describe('a file of a folder with several tracks is complete', () => {
  it('when a later one of its track is begun, or any, for what is of none: initialization sections', async () => {
    for (const name of ['a-1.ts', '0-init.mp4', 'b-1.ts', 'b-2.ts']) writeFileSync(join(folder.path, name), 'x');
    const watch = new FolderWatch(folder.path, () => Date.now() + 600);
    const files = await watch.look((name) => /^([ab])-/.exec(name)?.[1]);
    expect(files.map(({ name }) => name).sort()).toEqual(['0-init.mp4', 'b-1.ts']);
  });
});

describe('a folder that several tracks begin in', () => {
  it('waits for the second while playlists, initialization sections or a missing sound speak of it', async () => {
    const list = (number: number, count: number): void => {
      const lines = Array.from({ length: count }, (_, i) => `#EXTINF:1,\ns_${number}${i}.ts\n`);
      folder.write(`s_${number}.m3u8`, `#EXTM3U\n#EXT-X-TARGETDURATION:1\n${lines.join('')}`, 0);
    };
    folder.write('master.m3u8', '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\ns_0.m3u8\n', 3);
    folder.put('ts/part0.m2t', 's_00.ts', 2);
    list(0, 1);
    list(1, 1);
    await folder.start();
    expect((await folder.get('manifest.m3u8')).status).toBe(503);
    folder.put('ts/part0.m2t', 's_10.ts', 1.9);
    folder.put('ts/part1.m2t', 's_01.ts', 1);
    folder.put('ts/part1.m2t', 's_11.ts', 0.9);
    list(0, 2);
    list(1, 2);
    for (const number of [0, 1]) {
      const text = await folder.until(`manifest-s_${number}.m3u8`, (names) => names.length === 2);
      expect(namesIn(text)).toEqual([`s_${number}0.ts`, `s_${number}1.ts`]);
    }
  });
});

describe('a folder of one track stays one Media Playlist', () => {
  it.each([
    ['whose names have a date beside the number', (i: number) => `seg-2026112908310${i}-000${i}.ts`],
    ['whose parts follow each other', (i: number) => `part${i < 3 ? 1 : 2}-${i}.ts`],
    ['whose names have no number', (i: number) => `${'abcdef'[i]}.ts`],
  ])('%s', async (_, nameOf) => {
    for (let i = 0; i < 6; i++) folder.put(`ts/part${i}.m2t`, nameOf(i));
    await folder.start('-l');
    const { text } = await folder.get('manifest.m3u8');
    expect(namesIn(text)).toEqual([0, 1, 2, 3, 4, 5].map(nameOf));
    expect(text).not.toContain('#EXT-X-PROGRAM-DATE-TIME');
  });
});

describe('a track that cannot be played beside the others is left out, and named', () => {
  it('because its clock is another one', async () => {
    for (const i of [0, 1]) folder.put(`ts/part${i}.m2t`, `cam1-${i}.ts`, 3600 - i);
    for (const i of [4, 5]) folder.put(`ts/part${i}.m2t`, `cam2-${i}.ts`, 3599.5 - i + 4);
    await folder.start('-l');
    expect(folder.warnings.join('\n')).toMatch(/cam2-4\.ts: left out: its times are \d+ s off those of cam1-0\.ts/);
    expect(namesIn((await folder.get('manifest.m3u8')).text)).not.toContain('cam2-4.ts');
  });

  it('because it came when the others played already', async () => {
    for (let i = 0; i < 3; i++) folder.put(`ts/part${i}.m2t`, `cam1-${i}.ts`, 3 - i);
    await folder.start();
    await folder.until('manifest.m3u8', (names) => names.includes('cam1-2.ts'));
    folder.put('ts/part3.m2t', 'cam2-3.ts', 0.2);
    folder.put('ts/part3.m2t', 'cam1-3.ts', 0.1);
    await folder.until('manifest.m3u8', (names) => names.includes('cam1-3.ts'));
    folder.put('ts/part4.m2t', 'cam2-4.ts', 0);
    folder.put('ts/part4.m2t', 'cam1-4.ts', 0);
    const text = await folder.until('manifest.m3u8', (names) => names.includes('cam1-4.ts'));
    expect(namesIn(text)).not.toContain('cam2-4.ts');
    expect(folder.warnings.join('\n')).toContain('cam2-*.ts: left out: it is written at the same time as cam1');
  });
});

describe("a recorder's fMP4 files with an initialization section in each", () => {
  it('play, the section named once where it is the same', async () => {
    for (let i = 0; i < 3; i++) folder.put(`recorder/${i}.mp4`, `${i}.mp4`);
    await folder.start('-l');
    const { text } = await folder.get('manifest.m3u8');
    expect(namesIn(text).slice(0, 3)).toEqual(['0.mp4', '1.mp4', '2.mp4']);
    expect([...new Set(text.match(/#EXT-X-MAP.*/g))]).toEqual(['#EXT-X-MAP:URI="segments/0.mp4?part=init"']);
    await expectAllServed(text);
    const init = await folder.get('segments/0.mp4?part=init');
    const media = await folder.get('segments/0.mp4');
    expect(Buffer.concat([init.bytes, media.bytes])).toEqual(fixture('recorder/0.mp4'));
  });
});

describe('what waits or is left out is named with what would help', () => {
  it.each([
    ['a whole MP4 file', 'film.mp4', () => Buffer.alloc(0), 'a whole MP4 file is no segment: live-torrent -f '],
    ['a cut-off MPEG-TS file', 'a.ts', () => fixture('ts/part0.m2t').subarray(0, 1000), 'not whole: 60 bytes after'],
    [
      'an encrypted segment',
      'a.ts',
      () => Buffer.alloc(4096, '').map(() => Math.floor(Math.random() * 256)),
      'it seems to be encrypted',
    ],
  ])('%s', async (_, name, bytes, message) => {
    const film = Buffer.concat([fixture('fmp4/head.mp4'), Buffer.from([0, 0, 0, 12]), Buffer.from('mdat0000')]);
    folder.write(name, bytes().length === 0 ? film : bytes());
    await folder.start();
    expect((await folder.get('manifest.m3u8')).status).toBe(503);
    expect(
      folder.warnings.filter((line) => line.includes(`${join(folder.path, name)}: left out: ${message}`)),
    ).toHaveLength(1);
  });

  it('a file above the largest segment', async () => {
    folder.write('film.ts', '');
    truncateSync(join(folder.path, 'film.ts'), 700 * 1024 * 1024);
    await folder.start();
    const { status, text } = await folder.get('manifest.m3u8');
    expect([status, text]).toEqual([503, 'no segment is complete yet\n']);
    expect(folder.warnings.join('\n')).toContain('film.ts: left out: 700 MiB are too much for a segment');
    expect(folder.warnings.join('\n')).toContain(`live-torrent -f ${join(folder.path, 'film.ts')} plays it`);
  });
});

describe("the packager's own playlist beside the segments", () => {
  const list = (segments: readonly string[]): string =>
    `#EXTM3U\n#EXT-X-TARGETDURATION:2\n${segments.map((lines) => `${lines}\n`).join('')}`;

  it('gives durations, discontinuities and dates of a feed', async () => {
    for (let i = 0; i < 4; i++) folder.put(`ts/part${i}.m2t`, `part${i}.ts`, 4 - i);
    folder.write(
      'index.m3u8',
      list([
        '#EXT-X-PROGRAM-DATE-TIME:2026-11-29T08:00:00.000+0100\n#EXTINF:1.25,\npart0.ts',
        '#EXTINF:0.75,\npart1.ts',
        '#EXT-X-DISCONTINUITY\n#EXTINF:1,\npart2.ts',
        '#EXTINF:1,\npart3.ts',
      ]),
      0,
    );
    await folder.start();
    const text = await folder.until('manifest.m3u8', (names) => names.length === 4);
    expect(text.replace(/^##.*\n/gm, '').replace(/^#EXT-X-(?:TARGET|MEDIA|VERSION).*\n/gm, '')).toBe(`#EXTM3U
#EXT-X-PROGRAM-DATE-TIME:2026-11-29T07:00:00.000Z
#EXTINF:1.250000,
segments/part0.ts
#EXT-X-PROGRAM-DATE-TIME:2026-11-29T07:00:01.250Z
#EXTINF:0.750000,
segments/part1.ts
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2026-11-29T07:00:02.000Z
#EXTINF:1.000000,
segments/part2.ts
#EXT-X-PROGRAM-DATE-TIME:2026-11-29T07:00:03.000Z
#EXTINF:1.000000,
segments/part3.ts
`);
  });

  it('gives the order of files at rest where it has all of them', async () => {
    const names = ['x9', 'x3', 'x7', 'x1'];
    for (const [i, name] of names.entries()) folder.put(`ts/part${i}.m2t`, `${name}.ts`);
    folder.write('index.m3u8', list(names.map((name) => `#EXTINF:1,\n${name}.ts`)));
    await folder.start('-l');
    expect(namesIn((await folder.get('manifest.m3u8')).text).slice(0, 4)).toEqual(names.map((name) => `${name}.ts`));
  });

  it('says nothing of a file that was written after it', async () => {
    for (let i = 0; i < 3; i++) folder.put(`ts/part${i}.m2t`, `part${i}.ts`, 3 - i);
    folder.write('index.m3u8', list(['#EXTINF:9,\npart0.ts', '#EXTINF:9,\npart1.ts']), 3600);
    await folder.start();
    const text = await folder.until('manifest.m3u8', (names) => names.length === 3);
    expect(text).not.toContain('#EXTINF:9');
  });

  it('with keys names the first of its segments, not all of them', async () => {
    const segments = [0, 1, 2, 3, 4, 5].map((i) => `#EXTINF:1,\npart${i}.ts`);
    for (let i = 0; i < 6; i++) folder.write(`part${i}.ts`, Buffer.alloc(64));
    folder.write('index.m3u8', list(['#EXT-X-KEY:METHOD=AES-128,URI="https://keys.example/1"', ...segments]));
    await folder.start();
    expect(folder.warnings.join('\n')).toContain('it is encrypted (EXT-X-KEY in index.m3u8)');
    expect(folder.warnings.filter((line) => line.includes('EXT-X-KEY')).length).toBeLessThanOrEqual(4);
    expect(folder.warnings.join('\n')).not.toContain('keys.example');
  });

  it('of parts of one file is named, though the file grows', async () => {
    folder.write('all.ts', fixture('ts/part0.m2t'), 0);
    folder.write('index.m3u8', list(['#EXTINF:1,\n#EXT-X-BYTERANGE:188@0\nall.ts']), 0);
    await folder.start();
    expect((await folder.get('manifest.m3u8')).status).toBe(503);
    expect(folder.warnings.join('\n')).toContain('all.ts: left out: index.m3u8 plays it in parts (EXT-X-BYTERANGE)');
  });
});
