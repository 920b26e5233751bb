import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import type { Origin } from '../../harness/origin.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { freePort } from '../../harness/serve.mjs';
import { startFolderOrigin } from '../browser/support/folder-origin.js';
import { openViewer } from '../browser/support/viewer.js';
import { root } from '../support/packages.js';
import { emptyFolder, pack, run } from '../support/packed.js';

jest.setTimeout(600_000);

const reachable = spawnSync('npm', ['view', 'vite', 'version'], { encoding: 'utf8', timeout: 60_000 }).status === 0;
if (!reachable) process.stdout.write('installing the packages is not tested: no npm registry is reachable\n');

const feed = join(root, 'examples/feed');
const hlsVersion = (
  JSON.parse(readFileSync(join(root, 'node_modules/hls.js/package.json'), 'utf8')) as { readonly version: string }
).version;

/** A page with hls.js and no worker, as a bundler takes it. */
const MAIN = `import Hls from 'hls.js';
import { createP2PLoader } from '@live-torrent/p2p-loader';

const video = document.querySelector('video')!;
const loader = createP2PLoader();
loader.attachMedia(video);
await loader.start();
const hls = new Hls({ ...loader.hlsConfig() });
Object.assign(globalThis, { hls, liveTorrent: loader });
hls.loadSource(new URLSearchParams(location.search).get('source')!);
hls.attachMedia(video);
hls.on(Hls.Events.MANIFEST_PARSED, () => video.play());
`;

const VIDEO = '<link rel="icon" href="data:," /><video id="player" muted playsinline></video>';

/** A page of script tags with a service worker of its site. */
const CLASSIC = `<!doctype html>${VIDEO}
<script src="/hls.js"></script>
<script src="/p2p-loader.js"></script>
<script>
  navigator.serviceWorker.register('/sw.js');
  globalThis.liveTorrent = liveTorrentP2PLoader.createP2PLoader({ serviceWorker: navigator.serviceWorker });
  const video = document.getElementById('player');
  liveTorrent.attachMedia(video);
  liveTorrent.start();
  const play = () => {
    globalThis.hls = new Hls();
    hls.loadSource(new URLSearchParams(location.search).get('source'));
    hls.attachMedia(video);
    hls.on(Hls.Events.MANIFEST_PARSED, () => video.play());
  };
  if (navigator.serviceWorker.controller) play();
  else navigator.serviceWorker.addEventListener('controllerchange', play, { once: true });
</script>
`;

(reachable ? describe : describe.skip)('the tarballs, installed into an empty project', () => {
  const project = emptyFolder();
  const modules = join(project, 'node_modules');
  let cli: ChildProcess;
  let source = '';
  let output = '';
  let browser: Browser;
  const origins: Origin[] = [];

  beforeAll(async () => {
    const tarballs = pack(project).map(({ tarball }) => tarball);
    writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }');
    run('npm', ['install', '--no-audit', '--no-fund', ...tarballs, `hls.js@${hlsVersion}`, 'vite@7'], project);
    const port = await freePort();
    // A process group of its own: npx starts the command as a child.
    cli = spawn('npx', ['live-torrent', '-f', feed, '-l', '-p', String(port)], { cwd: project, detached: true });
    for (const stream of [cli.stdout, cli.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    source = `http://127.0.0.1:${port}/manifest.m3u8`;
    await waitFor(
      'npx live-torrent',
      () => {
        if (cli.exitCode !== null) throw new Error(output);
        return output.includes(source);
      },
      { timeout: 120_000 },
    );
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    for (const origin of origins) await origin.close();
    if (cli?.pid !== undefined && cli.exitCode === null) {
      const ended = once(cli, 'exit');
      process.kill(-cli.pid, 'SIGTERM');
      await ended;
    }
    rmSync(project, { recursive: true, force: true });
  });

  async function site(folder: string): Promise<string> {
    const origin = await startFolderOrigin({ folder });
    origins.push(origin);
    return `${origin.url}index.html?source=${encodeURIComponent(source)}`;
  }

  /** Two viewers of the page play, one from the other, the bytes of the feed. */
  async function expectShared(url: string): Promise<void> {
    const first = await openViewer(browser, url);
    await first.playing(60_000);
    const second = await openViewer(browser, url);
    await second.playing(60_000);
    const viewers = [first, second];
    await waitFor(
      'bytes from the other viewer',
      async () => {
        const stats = await Promise.all(viewers.map((viewer) => viewer.stats()));
        const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
        return sum(stats.map(({ segments }) => segments.fromPeers)) >= 3 && sum(stats.map((s) => s.uploadedBytes)) > 0;
      },
      { timeout: 120_000 },
    );
    const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
    const known = new Set(readdirSync(feed).map((name) => sha256(join(feed, name))));
    for (const viewer of viewers) {
      const segments = await viewer.segments();
      expect(segments.length).toBeGreaterThan(2);
      expect(segments.filter((segment) => !known.has(segment.sha256))).toEqual([]);
      expect(viewer.errors).toEqual([]);
      await viewer.close();
    }
  }

  it('npx live-torrent serves its page and the playlist', async () => {
    expect((await fetch(source)).status).toBe(200);
    expect(await (await fetch(new URL('/', source))).text()).toContain('<video id="player"');
    await expectShared(new URL('/', source).href);
  });

  it('builds with Vite, and plays from viewer to viewer', async () => {
    writeFileSync(
      join(project, 'index.html'),
      `<!doctype html>${VIDEO}<script type="module" src="/main.ts"></script>\n`,
    );
    writeFileSync(join(project, 'main.ts'), MAIN);
    run('npx', ['vite', 'build', '--target', 'es2022', '--logLevel', 'warn'], project);
    await expectShared(await site(join(project, 'dist')));
  });

  it('plays from viewer to viewer with plain script tags', async () => {
    const folder = join(project, 'classic');
    mkdirSync(folder);
    writeFileSync(join(folder, 'index.html'), CLASSIC);
    copyFileSync(join(modules, 'hls.js/dist/hls.min.js'), join(folder, 'hls.js'));
    copyFileSync(join(modules, '@live-torrent/p2p-loader/dist/classic.js'), join(folder, 'p2p-loader.js'));
    copyFileSync(join(modules, '@live-torrent/sw-proxy/dist/classic.js'), join(folder, 'sw-proxy.js'));
    copyFileSync(join(root, 'examples/site/sw.js'), join(folder, 'sw.js'));
    await expectShared(await site(folder));
  });
});
