import { Cli } from '../harness/cli.mjs';
import type { Origin } from '../harness/origin.mjs';
import { clients, read } from './browser/support/clients.js';
import { startFolderOrigin } from './browser/support/folder-origin.js';
import { FolderSite } from './browser/support/folder-site.js';
import { vodFeed } from './browser/support/media.js';
import { describeWith } from './browser/support/programs.js';

/** The rest of the clients, and live feeds, are in the matrix. */
const [ffmpeg] = clients;
if (ffmpeg === undefined) throw new Error('no clients');

describeWith('ffmpeg')('ffmpeg gets of a magnetized playlist the frames that it gets of the original', () => {
  const playlist = 'vod/index.m3u8';
  let origin: Origin;
  let site: FolderSite;
  let cli: Cli;

  beforeAll(async () => {
    const rendition = { name: 'vod', width: 160, height: 90, kbps: 200 };
    const folder = vodFeed({ renditions: [rendition], segmentSeconds: 2, seconds: 12, fmp4: false });
    origin = await startFolderOrigin({ folder, cors: false });
    site = await FolderSite.start(folder);
    cli = await Cli.start(['-u', origin.url + playlist]);
  });

  afterAll(() => Promise.all([cli?.stop(), site?.close(), origin?.close()]));

  it('through -u and through the middleware', async () => {
    const direct = await read(ffmpeg, origin.url + playlist);
    expect(direct).toMatchObject({ code: 0, log: '' });
    expect(direct.frames).toHaveLength(300);
    for (const url of [`${cli.url}manifest.m3u8`, `${site.url}feed/${playlist}`]) {
      expect(await (await fetch(url)).text()).toContain('###magnet:');
      expect(await read(ffmpeg, url)).toEqual(direct);
    }
  });
});
