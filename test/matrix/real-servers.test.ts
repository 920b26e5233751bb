import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { Cli } from '../../harness/cli.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { Archive } from '../browser/support/archive.js';
import { Encoder, ffmpegHls, ffmpegRtmp, ffmpegVariants, gstreamerHls } from '../browser/support/encoder.js';
import { startFolderOrigin } from '../browser/support/folder-origin.js';
import { FolderSite } from '../browser/support/folder-site.js';
import { NginxRtmp } from '../browser/support/nginx-rtmp.js';
import { describeWith, type Program } from '../browser/support/programs.js';
import { openRecorded, playedOn, type Restarted } from '../browser/support/restart.js';
import type { Viewer } from '../browser/support/viewer.js';

jest.setTimeout(240_000);

/** How long the encoder is gone, ms. */
const PAUSE_MS = 4_000;
/**
 * What a stall may be longer than that of a player without us, s: where the numbers of segments have gone back, two of these get over
 * it up to 11 s apart.
 */
const SLACK = 12;
/** What a player gets on its own to get over the restart, ms. */
const TIMEOUT_MS = 60_000;

/** A feed of some server's. */
interface Feed {
  readonly folder: string;
  readonly encoder: Encoder;
  /** Where it is served, without us. */
  readonly url: string;
  stop(): Promise<void>;
}

interface Kind {
  readonly name: string;
  readonly needs: readonly Program[];
  readonly start: () => Promise<Feed>;
  /** Below the folder. */
  readonly playlist: string;
  /** What `-f` takes, below the folder; undefined where it is no folder of segments. */
  readonly segments: string | undefined;
}

/** An encoder's folder, behind an HTTP server. */
async function served(encoder: Encoder, cors: boolean): Promise<Feed> {
  encoder.start();
  const { folder } = encoder;
  const origin = await startFolderOrigin({ folder, cors });
  const stop = async (): Promise<void> => {
    await Promise.all([encoder.remove(), origin.close()]);
  };
  return { folder, encoder, url: origin.url, stop };
}

async function nginx(nested: boolean): Promise<Feed> {
  const server = await NginxRtmp.start(nested);
  const encoder = new Encoder(ffmpegRtmp(`${server.publish}cam`));
  encoder.start();
  const stop = async (): Promise<void> => {
    await encoder.remove();
    await server.stop();
  };
  return { folder: server.hls, encoder, url: server.url, stop };
}

const ffmpeg = (flags: string, cors: boolean, ...more: string[]): Omit<Kind, 'name'> => ({
  needs: ['ffmpeg'],
  start: () => served(new Encoder(ffmpegHls(flags, ...more)), cors),
  playlist: 'live.m3u8',
  segments: '',
});

const kinds: readonly Kind[] = [
  { name: 'ffmpeg, delete_segments', ...ffmpeg('delete_segments', false) },
  { name: 'ffmpeg, delete_segments+append_list', ...ffmpeg('delete_segments+append_list', true) },
  { name: 'ffmpeg, temp_file+program_date_time', ...ffmpeg('temp_file+program_date_time', true, '-start_number', '0') },
  // With a window that slides, its EXT-X-MEDIA-SEQUENCE stands still, and no player plays it.
  {
    name: 'ffmpeg, single_file',
    ...ffmpeg('single_file', false, '-hls_list_size', '0', '-hls_playlist_type', 'event'),
    segments: undefined,
  },
  {
    name: 'ffmpeg, %v',
    needs: ['ffmpeg'],
    start: () => served(new Encoder(ffmpegVariants), false),
    playlist: 'master.m3u8',
    segments: 'low',
  },
  {
    name: "GStreamer's hlssink2",
    needs: ['GStreamer'],
    start: () => served(new Encoder(gstreamerHls), false),
    playlist: 'live.m3u8',
    segments: '',
  },
  {
    name: 'nginx-rtmp, nested',
    needs: ['nginx', 'ffmpeg'],
    start: () => nginx(true),
    playlist: 'cam/index.m3u8',
    segments: 'cam',
  },
  {
    name: 'nginx-rtmp, flat',
    needs: ['nginx', 'ffmpeg'],
    start: () => nginx(false),
    playlist: 'cam.m3u8',
    segments: '',
  },
];

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser?.close());

describe.each(kinds)('$name: two viewers while the encoder is killed and started again', (kind) => {
  describeWith(...kind.needs)('get what a player gets without us', () => {
    let feed: Feed;
    let archive: Archive;
    let site: FolderSite;
    let clis: Cli[] = [];
    /** Two by hls.js as it is. */
    let alone: Restarted[] = [];
    /** Two each, by the way that they got it. */
    const seen: { [way: string]: Restarted[] } = {};

    beforeAll(async () => {
      feed = await kind.start();
      archive = new Archive(feed.folder);
      await waitFor('segments', () => listed(join(feed.folder, kind.playlist)) >= 4, { timeout: 60_000 }).catch(
        (error) => {
          throw new Error(`${error.message}\n${feed.encoder.log}`);
        },
      );
      site = await FolderSite.start(feed.folder);
      const pages: { [way: string]: string } = {
        alone: site.plainPageOf(kind.playlist),
        express: site.pageOf(kind.playlist),
      };
      const byUrl = await Cli.start(['-u', feed.url + kind.playlist, '-r', '1']);
      clis = [byUrl];
      pages['-u'] = `${byUrl.url}?worker=0`;
      if (kind.segments !== undefined) {
        const byFolder = await Cli.start(['-f', join(feed.folder, kind.segments)]);
        clis.push(byFolder);
        pages['-f'] = `${byFolder.url}?worker=1`;
      }
      const viewers: { [way: string]: Viewer[] } = {};
      for (const way of Object.keys(pages)) viewers[way] = [];
      for (const _ of [1, 2]) {
        for (const [way, page] of Object.entries(pages)) viewers[way]?.push(await openRecorded(browser, page));
      }
      await sleep(12_000);
      const killed = Date.now();
      await feed.encoder.kill();
      await sleep(PAUSE_MS);
      const started = Date.now();
      feed.encoder.start();
      const all = Object.entries(viewers);
      const results = await Promise.all(
        all.map(([, each]) => playedOn(each, archive, { killed, started }, 4, TIMEOUT_MS)),
      );
      for (const [i, [way]] of all.entries()) seen[way] = results[i] ?? [];
      alone = seen.alone ?? [];
      delete seen.alone;
      console.info(
        [kind.name, line('alone', alone), ...Object.entries(seen).map(([way, each]) => line(way, each))].join('\n'),
      );
      await Promise.all(
        Object.values(viewers)
          .flat()
          .map((viewer) => viewer.close()),
      );
    });

    afterAll(async () => {
      archive?.close();
      await Promise.all([...clis.map((cli) => cli.stop()), site?.close()]);
      await feed?.stop();
    });

    it('plays on wherever that one does', () => {
      const least = Math.min(...alone.map(({ after }) => after), 4);
      for (const [way, viewers] of Object.entries(seen)) {
        for (const { after } of viewers) expect([way, after >= least]).toEqual([way, true]);
      }
    });

    it('gets the very bytes that the encoder wrote', () => {
      expect(
        Object.entries(seen).flatMap(([way, viewers]) =>
          viewers.flatMap(({ wrong }) => wrong.map((url) => [way, url])),
        ),
      ).toEqual([]);
    });

    it('has no error that it has not without us', () => {
      const detailsOf = ({ errors }: Restarted): string[] => errors.map((error) => error.replace(/:.*/s, ''));
      const known = new Set(alone.flatMap(detailsOf));
      for (const [way, viewers] of Object.entries(seen)) {
        const ours = viewers
          .flatMap(detailsOf)
          .filter((details) => details === 'levelParsingError' || details === 'fragParsingError');
        expect([way, ours.filter((details) => !known.has(details))]).toEqual([way, []]);
      }
    });

    it('stands still no longer', () => {
      const longest = Math.max(...alone.map(({ stalled }) => stalled), PAUSE_MS / 1000);
      for (const [way, viewers] of Object.entries(seen)) {
        for (const { stalled } of viewers) {
          expect([way, stalled, stalled <= longest + SLACK]).toEqual([way, stalled, true]);
        }
      }
    });

    it('has some of it from the other viewer', () => {
      for (const [way, viewers] of Object.entries(seen)) {
        const bytes = viewers.reduce((sum, { peerBytes }) => sum + peerBytes, 0);
        expect([way, bytes > 0]).toEqual([way, true]);
      }
    });
  });
});

/** What viewers went through, in one line. */
function line(way: string, viewers: readonly Restarted[]): string {
  const each = viewers.map(({ after, wrong, stalled, peerBytes, errors }) => {
    const details = [...new Set(errors.map((error) => error.slice(0, 80)))].join(', ');
    return `${after} after, ${wrong.length} wrong, ${stalled.toFixed(1)} s stalled, ${peerBytes} bytes from peers [${details}]`;
  });
  return `  ${way}: ${each.join('; ')}`;
}

/** Segments that a playlist lists, or, of a Multivariant Playlist, the playlists below its folder all list. */
function listed(playlist: string): number {
  try {
    const text = readFileSync(playlist, 'utf8');
    if (!text.includes('#EXT-X-STREAM-INF')) return text.split('#EXTINF').length - 1;
    const folder = dirname(playlist);
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('/live.m3u8'),
    );
    return Math.min(...names.map((name) => listed(join(folder, name))));
  } catch {
    return 0;
  }
}
