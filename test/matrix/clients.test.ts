import { jest } from '@jest/globals';
import { Cli } from '../../harness/cli.mjs';
import type { Origin } from '../../harness/origin.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { type Client, clients, read } from '../browser/support/clients.js';
import { Encoder, ffmpegHls } from '../browser/support/encoder.js';
import { startFolderOrigin } from '../browser/support/folder-origin.js';
import { FolderSite } from '../browser/support/folder-site.js';
import { hasFfmpeg, vodFeed } from '../browser/support/media.js';
import { describeWith } from '../browser/support/programs.js';

jest.setTimeout(180_000);

const SECONDS = 12;
/** Frames a second, and of them how many a live feed's first segments bring at least. */
const FRAMES = 25 * SECONDS;
const LIVE_FRAMES = 40;
/** How long a live feed is read, s. */
const LIVE_SECONDS = 20;

const formats = [
  { format: 'MPEG-TS', fmp4: false },
  { format: 'fMP4', fmp4: true },
] as const;

describe.each(formats)('a magnetized video on demand, $format', ({ fmp4 }) => {
  describe.each(clients)('is read to the end by $name', (client) => {
    describeWith('ffmpeg', client.needs)('with every frame', () => {
      let origin: Origin;
      let site: FolderSite;
      let cli: Cli;
      let direct: Awaited<ReturnType<typeof read>>;

      beforeAll(async () => {
        const rendition = { name: 'vod', width: 160, height: 90, kbps: 200 };
        const folder = vodFeed({ renditions: [rendition], segmentSeconds: 2, seconds: SECONDS, fmp4 });
        origin = await startFolderOrigin({ folder, cors: false });
        site = await FolderSite.start(folder);
        cli = await Cli.start(['-u', `${origin.url}vod/index.m3u8`]);
        direct = await read(client, `${origin.url}vod/index.m3u8`);
        expect(direct.frames.length).toBeGreaterThan(FRAMES * 0.9);
      });

      afterAll(async () => {
        await Promise.all([cli?.stop(), site?.close(), origin?.close()]);
      });

      it.each([
        ['through -u', () => `${cli.url}manifest.m3u8`],
        ['through the middleware', () => `${site.url}feed/vod/index.m3u8`],
        ['through the middleware, by the Multivariant Playlist', () => `${site.url}feed/master.m3u8`],
      ])('%s', async (_, url) => {
        const answer = await fetch(url());
        expect(await answer.text()).toMatch(/###(magnet|live-torrent):|#EXT-X-STREAM-INF/);
        expect(await read(client, url())).toEqual(direct);
      });
    });
  });
});

(hasFfmpeg ? describe : describe.skip)('a magnetized live feed', () => {
  let encoder: Encoder;
  let origin: Origin;
  let site: FolderSite;
  let byUrl: Cli;
  let byFolder: Cli;

  beforeAll(async () => {
    encoder = new Encoder(ffmpegHls('delete_segments'));
    encoder.start();
    const { folder } = encoder;
    origin = await startFolderOrigin({ folder, cors: false });
    const answer = async (): Promise<string> => (await fetch(`${origin.url}live.m3u8`)).text();
    await waitFor('segments', async () => (await answer()).split('#EXTINF').length > 4, { timeout: 60_000 });
    site = await FolderSite.start(folder);
    byUrl = await Cli.start(['-u', `${origin.url}live.m3u8`, '-r', '1']);
    byFolder = await Cli.start(['-f', folder]);
  });

  afterAll(async () => {
    await Promise.all([byUrl?.stop(), byFolder?.stop(), site?.close(), origin?.close()]);
    await encoder?.remove();
  });

  const ways: readonly (readonly [string, () => string])[] = [
    ['-u', () => `${byUrl.url}manifest.m3u8`],
    ['-f', () => `${byFolder.url}manifest.m3u8`],
    ['the middleware', () => `${site.url}feed/live.m3u8`],
  ];

  describe.each(clients)('is read by $name', (client: Client) => {
    describeWith(client.needs)('as it comes', () => {
      it('through -u, -f and the middleware', async () => {
        const readings = ways.map(async ([way, url]) => [way, await read(client, url(), LIVE_SECONDS)] as const);
        for (const [way, { frames, log }] of await Promise.all(readings)) {
          const seen = [way, log, frames.length];
          expect([...seen, frames.length >= LIVE_FRAMES]).toEqual([...seen, true]);
        }
      });
    });
  });
});
