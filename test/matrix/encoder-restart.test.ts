import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { readMagnets, readSegments, type SegmentList } from '@live-torrent/manifest-magnetizer';
import { createSegmentMagnet } from '@live-torrent/manifest-magnetizer/torrent';
import { Cli } from '../../harness/cli.mjs';
import type { Origin } from '../../harness/origin.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { startFolderOrigin } from '../browser/support/folder-origin.js';
import { hasFfmpeg } from '../browser/support/media.js';

jest.setTimeout(240_000);

let folder: string;
let ffmpeg: ChildProcess;
let origin: Origin;

/** A live encoder that numbers its segments of one second, and their Media Sequence Numbers, from 0. */
function encode(frequency: number): ChildProcess {
  const sources = ['testsrc2=size=160x90:rate=10', `sine=frequency=${frequency}`];
  const input = sources.flatMap((source) => ['-re', '-f', 'lavfi', '-i', source]);
  const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '10', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];
  const output = ['-f', 'hls', '-hls_time', '1', '-hls_list_size', '6', '-hls_flags', 'delete_segments', 'live.m3u8'];
  return spawn('ffmpeg', ['-v', 'error', ...input, ...codecs, ...output], { cwd: folder, stdio: 'ignore' });
}

async function stopEncoder(): Promise<void> {
  if (ffmpeg.exitCode !== null || ffmpeg.signalCode !== null) return;
  const ended = once(ffmpeg, 'exit');
  ffmpeg.kill('SIGKILL');
  await ended;
}

/** Reloads as a player does; every answer has to be a playlist whose segments are there, with the bytes of their magnets. */
class Player {
  readonly loads: SegmentList[] = [];
  text = '';

  constructor(readonly cli: Cli) {}

  async reload(): Promise<void> {
    const url = `${this.cli.url}manifest.m3u8`;
    const response = await fetch(url);
    this.text = await response.text();
    if (response.status !== 200) throw new Error(`${response.status} ${this.text}`);
    this.loads.push(readSegments(this.text, url));
    // The newest, as a player at the live edge takes it.
    const newest = readMagnets(this.text, url).at(-1);
    const segment = await fetch(newest?.url ?? '');
    // What the encoder has deleted or written over meanwhile is in the next reload.
    if (segment.status !== 200) return;
    const { infoHash } = createSegmentMagnet(new Uint8Array(await segment.arrayBuffer()));
    if (infoHash !== newest?.infoHash) throw new Error(`${newest?.uri} has not the bytes of its magnet`);
  }

  get newest(): number {
    const last = this.loads.at(-1);
    return last === undefined ? -1 : last.mediaSequence + last.segments.length - 1;
  }
}

(hasFfmpeg ? describe : describe.skip)(
  'an encoder that is killed, has its files deleted, and starts from 0 after 20 s',
  () => {
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'live-torrent-restart-'));
      ffmpeg = encode(440);
      await waitFor('a playlist', () => readdirSync(folder).includes('live4.ts'), { timeout: 60_000 });
      origin = await startFolderOrigin({ folder, cors: false });
    });

    afterAll(async () => {
      await stopEncoder();
      await origin?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it('is played on by -f and -u, which answer every reload', async () => {
      const clis = [await Cli.start(['-f', folder]), await Cli.start(['-u', `${origin.url}live.m3u8`, '-r', '0.5'])];
      try {
        const [byFolder, byUrl] = clis.map((cli) => new Player(cli)) as [Player, Player];
        const players = [byFolder, byUrl];
        const reloadUntil = (name: string, reached: () => boolean, timeout: number): Promise<unknown> =>
          waitFor(
            name,
            async () => {
              await Promise.all(players.map((player) => player.reload()));
              return reached();
            },
            { interval: 500, timeout },
          );
        await reloadUntil('play', () => players.every(({ loads }) => loads.length > 8), 60_000);
        await stopEncoder();
        for (const name of readdirSync(folder)) rmSync(join(folder, name));
        const gone = Date.now();
        await reloadUntil('20 s', () => Date.now() - gone > 20_000, 120_000);
        const before = byFolder.newest;
        ffmpeg = encode(880);
        await reloadUntil(
          'the new segments',
          () => byFolder.newest >= before + 3 && byUrl.newest >= 3 && byUrl.newest < 12,
          120_000,
        );
        expect(byFolder.text).toContain('#EXT-X-DISCONTINUITY\n');
        const sequences = byFolder.loads.map(({ mediaSequence }) => mediaSequence);
        expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
      } finally {
        expect(await Promise.all(clis.map((cli) => cli.stop()))).toEqual([0, 0]);
      }
    });
  },
);
