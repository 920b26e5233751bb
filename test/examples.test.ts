import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readMagnets, readStream, stripPlaylist } from '@live-torrent/manifest-magnetizer';
import { createSegmentMagnet } from '@live-torrent/manifest-magnetizer/torrent';
import { WebSocket } from 'ws';
import { loopPlaylist } from '../examples/express/loop.mjs';
import { RunningProgram } from '../harness/running-program.mjs';
import { freePort } from '../harness/serve.mjs';
import { parseOptions } from '../packages/cli/src/options.js';
import { compose, inPlace, nginxFor } from './support/fleet.js';
import { root } from './support/packages.js';
import { buildReact } from './support/react-example.js';

const feed = join(root, 'examples/feed');
const running: RunningProgram[] = [];
afterEach(async () => {
  for (const program of running.splice(0)) await program.stop();
});

function start(command: string, args: readonly string[], port: number): RunningProgram {
  const program = new RunningProgram(command, args, { env: { ...process.env, PORT: String(port) } });
  running.push(program);
  return program;
}

/** The answer, as soon as the server listens; fails when it ends before. */
function answerOf(url: string, server: RunningProgram): Promise<Response> {
  return server.until(url, () => fetch(url).catch(() => undefined), { interval: 50 });
}

/** Every segment has the magnet of what the server sends for it; the first one is looked at. */
async function expectMagnetized(url: string, server: RunningProgram): Promise<string> {
  const response = await answerOf(url, server);
  expect(response.headers.get('content-type')).toMatch(/^application\/vnd\.apple\.mpegurl/);
  let text = await response.text();
  // Where segments are read on demand, the first answer may come before the last hash.
  for (let tries = 0; tries < 100 && readMagnets(text).length < 20; tries++) text = await (await fetch(url)).text();
  const magnets = readMagnets(text, url);
  expect(magnets).toHaveLength(20);
  const segment = await fetch(magnets[0]?.url ?? '');
  expect(createSegmentMagnet(new Uint8Array(await segment.arrayBuffer())).infoHash).toBe(magnets[0]?.infoHash);
  return text;
}

const examples = [
  ['express', '/media/index.m3u8', ['express']],
  ['fastify', '/index.m3u8', ['fastify', '@fastify/middie', '@fastify/static']],
  ['hono', '/index.m3u8', ['hono', '@hono/node-server']],
  ['http', '/index.m3u8', ['serve-static']],
] as const;

describe.each(examples)('examples/%s', (name, path, needed) => {
  const missing = needed.filter((name) => !existsSync(join(root, 'node_modules', name)));
  if (missing.length > 0) process.stdout.write(`examples/${name} is not tested: ${missing.join(', ')} is missing\n`);

  (missing.length > 0 ? it.skip : it)(
    'serves a playlist with magnets, and its segments',
    async () => {
      const port = await freePort();
      const server = start(process.execPath, [join(root, 'examples', name, 'server.mjs')], port);
      await expectMagnetized(`http://127.0.0.1:${port}${path}`, server);
    },
    60_000,
  );
});

describe('examples/express', () => {
  const pages = ['/', '/hls-js/', '/media-chrome/', '/native/', '/shaka/', '/video-js/'];

  it('serves each page with all that it names', async () => {
    const port = await freePort();
    const server = start(process.execPath, [join(root, 'examples/express/server.mjs')], port);
    const site = `http://127.0.0.1:${port}`;
    await answerOf(site, server);
    const texts = await Promise.all(pages.map(async (page) => (await fetch(site + page)).text()));
    const paths = new Set(texts.flatMap((text) => [...text.matchAll(/["'](\/[\w./-]+)["']/g)].map(([, path]) => path)));
    expect(paths.size).toBeGreaterThan(10);
    for (const path of paths) expect([path, (await fetch(site + path)).status]).toEqual([path, 200]);
  }, 60_000);

  it('plays the feed as a live stream that loops', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    for (let elapsed = 0; elapsed < 100; elapsed++) {
      const playlist = loopPlaylist(names, 4, elapsed);
      let sequence = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(playlist)?.[1]);
      let discontinuities = Number(/#EXT-X-DISCONTINUITY-SEQUENCE:(\d+)/.exec(playlist)?.[1]);
      expect(sequence).toBe(Math.floor(elapsed / 4));
      for (const line of playlist.split('\n')) {
        if (line === '#EXT-X-DISCONTINUITY') discontinuities += 1;
        if (line === '' || line.startsWith('#')) continue;
        expect([line, discontinuities]).toEqual([names[sequence % 7], Math.floor(sequence / 7)]);
        sequence += 1;
      }
    }
  });
});

const hasNginx = spawnSync('nginx', ['-v']).status === 0;
if (!hasNginx) process.stdout.write('examples/nginx is not tested: nginx is missing\n');

(hasNginx ? it : it.skip)(
  'examples/nginx serves what its README has annotated',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'live-torrent-nginx-'));
    try {
      await cp(feed, join(folder, 'feed'), { recursive: true });
      const example = join(root, 'examples/nginx');
      const readme = await readFile(join(example, 'README.md'), 'utf8');
      const [, command = ''] = /npx live-torrent (magnetize [^\n]*\\\n[^\n]*)\n/.exec(readme) ?? [];
      const args = command.replace(/\\\n/, '').trim().split(/\s+/);
      const out = join(folder, 'nginx/annotated');
      const inPlace = args.map((arg) =>
        arg.replace('examples/nginx/annotated', out).replace('examples/', `${folder}/`),
      );
      const annotated = spawnSync(process.execPath, [join(root, 'packages/cli/lib/bin.js'), ...inPlace], {
        encoding: 'utf8',
      });
      expect([annotated.status, await readdir(out)]).toEqual([0, ['index.m3u8']]);

      const port = await freePort();
      const config = await readFile(join(example, 'nginx.conf'), 'utf8');
      const user = process.getuid?.() === 0 ? 'user root;\n' : '';
      await writeFile(join(folder, 'nginx/nginx.conf'), user + config.replace('127.0.0.1:8080', `127.0.0.1:${port}`));
      const server = start('nginx', ['-p', `${folder}/nginx/`, '-c', 'nginx.conf'], port);
      const text = await expectMagnetized(`http://127.0.0.1:${port}/index.m3u8`, server);
      expect(stripPlaylist(text)).toBe(await readFile(join(feed, 'index.m3u8'), 'utf8'));
    } finally {
      for (const program of running.splice(0)) await program.stop();
      await rm(folder, { recursive: true });
    }
  },
  60_000,
);

describe('examples/compose', () => {
  /** Where its services are, for a check that starts none of them. */
  const places = {
    'origin-a:8008': '127.0.0.1:1',
    'origin-b:8008': '127.0.0.1:2',
    'listen 8080': 'listen 127.0.0.1:3',
  };
  const within = async (use: (folder: string) => Promise<void> | void): Promise<void> => {
    const folder = await mkdtemp(join(tmpdir(), 'live-torrent-compose-'));
    try {
      await use(folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  };

  it('starts origins by flags that there are', () => {
    for (const name of ['origin-a', 'origin-b']) {
      const command = (compose.services[name]?.command ?? []).map((text) =>
        inPlace(text, { ...places, '${PLAYLIST:?the playlist of your feed}': 'http://127.0.0.1/live.m3u8' }).replace(
          /\$\{\w+:-(.*)\}/,
          '$1',
        ),
      );
      expect(parseOptions(command)).toMatchObject({ host: '0.0.0.0', publicOrigin: 'http://localhost:8080' });
    }
  });

  (hasNginx ? it : it.skip)('has a configuration that nginx takes', () =>
    within((folder) => {
      const config = nginxFor(folder, places);
      const { status, stderr } = spawnSync('nginx', ['-t', '-p', folder, '-c', config], { encoding: 'utf8' });
      expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
    }),
  );

  const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
  (hasPromtool ? it : it.skip)(
    'has a configuration that Prometheus takes, with the rules that compose.yaml names',
    () =>
      within(async (folder) => {
        await cp(join(root, 'examples/compose/prometheus.yml'), join(folder, 'prometheus.yml'));
        await cp(join(root, 'examples/monitoring/rules.yml'), join(folder, 'rules.yml'));
        const checked = spawnSync('promtool', ['check', 'config', 'prometheus.yml'], { cwd: folder, encoding: 'utf8' });
        expect([checked.status, checked.status === 0 ? '' : checked.stderr]).toEqual([0, '']);
      }),
  );
});

it('examples/react is built by Vite, with what the loader asks for later as files of their own', async () => {
  const out = await mkdtemp(join(tmpdir(), 'live-torrent-react-'));
  try {
    const built = buildReact(out, 'production');
    expect([built.status, built.status === 0 ? '' : built.stderr]).toEqual([0, '']);
    const names = await readdir(join(out, 'assets'));
    for (const part of ['index', 'swarm', 'shadow', 'low-latency', 'report'])
      expect(names.filter((name) => name.startsWith(`${part}-`))).toHaveLength(1);
  } finally {
    await rm(out, { recursive: true });
  }
}, 120_000);

it('docs/migration.md has a word for each option of p2p-media-loader', async () => {
  const types = await readFile(join(root, 'node_modules/p2p-media-loader-core/lib/types.d.ts'), 'utf8');
  const options = ['CommonCoreConfig', 'StreamConfig'].flatMap((type) => {
    const [, body = ''] = new RegExp(`export type ${type} = \\{\n(.*?)\n\\};`, 's').exec(types) ?? [];
    return [...body.matchAll(/^ {4}(\w+)\??:/gm)].map(([, name]) => name);
  });
  expect(options.length).toBeGreaterThan(20);
  const page = await readFile(join(root, 'docs/migration.md'), 'utf8');
  expect(options.filter((name) => !page.includes(`${name}`))).toEqual([]);
});

it('the origin in README serves playlists with magnets, and a tracker where these name it', async () => {
  const [, snippet = ''] =
    /\*\*At the origin\*\*[^`]*```js\n(.*?)```/s.exec(await readFile(join(root, 'README.md'), 'utf8')) ?? [];
  const port = await freePort();
  const folder = await mkdtemp(join(root, 'node_modules/.cache/live-torrent-readme-'));
  try {
    await writeFile(
      join(folder, 'origin.mjs'),
      snippet.replace("'media'", `'${feed}'`).replace("'media'", `'${feed}'`).replace('8080', String(port)),
    );
    const server = start(process.execPath, [join(folder, 'origin.mjs')], port);
    const text = await expectMagnetized(`http://127.0.0.1:${port}/index.m3u8`, server);
    const { stream = '', announce = [] } = readStream(text) ?? {};
    const client = new WebSocket(`ws://127.0.0.1:${port}${new URL(announce[0] ?? '').pathname}`);
    await once(client, 'open');
    const info_hash = Buffer.from(stream, 'hex').toString('latin1');
    client.send(JSON.stringify({ action: 'announce', info_hash, peer_id: 'a'.repeat(20), left: 1 }));
    expect(JSON.parse(String((await once(client, 'message'))[0]))).toMatchObject({ incomplete: 1 });
    client.terminate();
  } finally {
    await rm(folder, { recursive: true });
  }
}, 60_000);
