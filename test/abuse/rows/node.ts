import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { bin } from '../../../harness/cli.mjs';
import { root } from '../../../harness/page-files.mjs';
import { waitFor } from '../../../harness/poll.mjs';
import { RunningProgram } from '../../../harness/running-program.mjs';
import { listen } from '../../../harness/serve.mjs';
import { largeFeed } from '../../browser/support/feeds.js';
import { Namespace, whyNoNamespace } from '../support/namespace.js';
import { promise, type ServerRow } from '../support/server-row.js';

const feed = join(root, 'examples/feed');
/** What a server that stops gives to downloads, ms. */
const DRAIN_MS = 5_000;

interface Server {
  readonly program: RunningProgram;
  readonly port: number;
  manifest(): Promise<string>;
  /** Files, sockets and pipes that the process has open. */
  handles(): number;
}

/** `live-torrent` through a shell, which may limit it first. */
async function serve(folder: string, limit = '', flags: readonly string[] = ['-l']): Promise<Server> {
  const command = `${limit} exec ${process.execPath} ${bin} -f ${folder} ${flags.join(' ')} -p 0`;
  const program = new RunningProgram('sh', ['-c', command]);
  const url = await program.until('live-torrent', (output) => /^stream {2}(\S+)$/m.exec(output)?.[1]);
  return {
    program,
    port: Number(new URL(url).port),
    manifest: async () => {
      const response = await fetch(url, { headers: { connection: 'close' } });
      promise(`the playlist is answered by 200, not ${response.status}`, response.status === 200);
      return response.text();
    },
    handles: () => readdirSync(`/proc/${program.child.pid}/fd`).length,
  };
}

const withServer =
  (play: (server: Server) => Promise<string>, folder = () => feed, limit = ''): ServerRow['play'] =>
  async () => {
    const server = await serve(folder(), limit);
    try {
      return await play(server);
    } finally {
      await server.program.stop({ signal: 'SIGKILL' });
    }
  };

/** A raw connection, which may break. */
async function open(port: number, request = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  if (!socket.destroyed) socket.write(request);
  return socket;
}

/** A download at about this rate, bytes/s, once its first bytes are here. `ended` resolves to what came, and what was promised. */
async function download(port: number, path: string, rate: number) {
  const socket = await open(port, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  const [first] = (await once(socket, 'data')) as [Buffer];
  const text = first.toString('latin1');
  const expected = Number(/content-length: (\d+)/i.exec(text)?.[1]) + text.indexOf('\r\n\r\n') + 4;
  let got = first.length;
  socket.on('data', (chunk: Buffer) => {
    got += chunk.length;
    if (got >= expected) socket.destroy();
    socket.pause();
    setTimeout(() => socket.resume(), (1_000 * chunk.length) / rate);
  });
  return { ended: new Promise<string>((resolve) => socket.once('close', () => resolve(`${got} of ${expected}`))) };
}

const BREAKS = 2_000;
/** What a client may have sent when its connection breaks. */
const BEGINNINGS: readonly ((path: string) => string)[] = [
  () => '',
  () => 'GET ',
  (path) => `GET ${path} HTTP/1.1\r\nHost: x`,
  (path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`,
  () => 'GET /manifest.m3u8 HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1,5-\r\n\r\n',
  () => 'POST /stats.json HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nabc',
  () => 'GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  () => 'GET /announce HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  () =>
    'GET /announce HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n\x81\xfe\xff\xff',
];

/** Memory of a process, MiB. */
function memoryOf({ program }: Server): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${program.child.pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

const SOCKETS = 10_000;
/** How many are opened at a time. */
const SOCKETS_AT_ONCE = 250;
/** What a viewer's connection may cost the server, KiB. */
const SOCKET_KIB = 40;

/** A viewer that announces itself with two offers of the usual size. */
async function announced(port: number, stream: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/announce`);
  socket.on('error', () => undefined);
  await Promise.race([once(socket, 'open'), once(socket, 'close')]);
  if (socket.readyState !== WebSocket.OPEN) return socket;
  const offers = [0, 1].map(() => ({
    offer: { type: 'offer', sdp: 'v=0\r\n'.padEnd(900, 'a=x\r\n') },
    offer_id: randomBytes(20).toString('latin1'),
  }));
  const ids = { info_hash: Buffer.from(stream, 'hex').toString('latin1'), peer_id: randomBytes(20).toString('latin1') };
  socket.send(JSON.stringify({ action: 'announce', event: 'started', numwant: 2, left: 1, ...ids, offers }));
  await once(socket, 'message');
  return socket;
}

/** An address that stands for a public one: only the namespace has a way there. */
const PUBLIC = '5.5.5.5';
const SEGMENT_HOST = 'segments.test';

/** A server in a namespace whose upstream is at a public address, and lists segments of a host of another name. */
async function rebound(): Promise<string> {
  const network = new Namespace();
  await network.open();
  const closing = [() => network.close()];
  try {
    network.also(PUBLIC);
    const asked = { open: 0, secret: 0 };
    const serveAt = async (
      host: string,
      listener: RequestListener,
      port = 0,
    ): Promise<{ port: number; cut(): void }> => {
      const server = createServer(listener);
      const bound = await listen(server, port, host);
      closing.push(() => {
        server.closeAllConnections();
        server.close();
      });
      return { port: bound, cut: () => server.closeAllConnections() };
    };
    let n = 0;
    const upstream = await serveAt(PUBLIC, ({ url = '' }, response) => {
      if (!url.endsWith('.m3u8')) {
        asked.open += 1;
        return void response.end(`segment ${url}`);
      }
      n += 1;
      const uri = `http://${SEGMENT_HOST}:${upstream.port}/${n}.ts`;
      response.end(`#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:${n}\n#EXTINF:2,\n${uri}\n`);
    });
    await serveAt(
      network.host,
      (_, response) => {
        asked.secret += 1;
        response.end('secret');
      },
      upstream.port,
    );
    network.others.set(SEGMENT_HOST, [PUBLIC]);
    const args = ['-u', `http://${PUBLIC}:${upstream.port}/live.m3u8`, '-r', '1', '-s', 'false', '-p', '8008'];
    const [command, ...rest] = network.command(process.execPath, bin, ...args, '--host', '0.0.0.0');
    const program = new RunningProgram(command, rest);
    closing.push(() => void program.child.kill('SIGKILL'));
    const playlist = `http://${network.address}:8008/manifest.m3u8`;
    const segment = async (): Promise<number> => {
      const text = await (await fetch(playlist)).text();
      const uri =
        text
          .split('\n')
          .filter((line) => line !== '' && !line.startsWith('#'))
          .at(-1) ?? '';
      const response = await fetch(new URL(uri, playlist));
      promise('nobody gets what stands there', !(await response.text()).includes('secret'));
      return response.status;
    };
    await waitFor(
      'a segment',
      () =>
        segment().then(
          (status) => status === 200,
          () => false,
        ),
      { timeout: 30_000 },
    );
    const statuses = new Set<number>();
    for (const addresses of [
      [network.host],
      [PUBLIC, network.host],
      ['127.0.0.1'],
      ['0.0.0.0'],
      [network.host, PUBLIC],
    ]) {
      network.others.set(SEGMENT_HOST, addresses);
      upstream.cut();
      // What was read before is given as before.
      let status = 0;
      for (let turn = 0; turn < 4; turn++, await sleep(1_100)) status = await segment();
      statuses.add(status);
    }
    promise(
      `segments are refused by 502, not ${[...statuses]}`,
      [...statuses].every((status) => status === 502),
    );
    promise(`no request comes to the other address: ${asked.secret}`, asked.secret === 0);
    network.others.set(SEGMENT_HOST, [PUBLIC]);
    await waitFor('a segment again', async () => (await segment()) === 200, { timeout: 30_000, interval: 1_000 });
    return `${asked.open} segments from the public address, ${asked.secret} requests to the other, ${network.asked} look-ups`;
  } finally {
    for (const close of closing.reverse()) close();
  }
}

/** A folder on a disk of its own, of so many bytes. */
async function onSmallDisk(size: string, play: (folder: string) => Promise<string>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'live-torrent-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  try {
    return await play(folder);
  } finally {
    execFileSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  }
}

const whyNoDisk = (): string | undefined =>
  process.platform === 'linux' && process.getuid?.() === 0 ? undefined : 'needs root on Linux: it mounts a disk';

/** Of the feed. */
const SEGMENT_SECONDS = 4;

/** A packager writes segments and a playlist of the last six into a folder, in place: what does not fit is there in part. */
class Packager {
  #next = 0;
  readonly #names = readdirSync(feed).filter((name) => name.endsWith('.ts'));

  constructor(private readonly folder: string) {}

  /** The one that comes next, or that did not fit. */
  get next(): string {
    return this.nameAt(this.#next);
  }

  nameAt(n: number): string {
    return `live${String(n).padStart(5, '0')}.ts`;
  }

  /** @returns its name @throws where it does not fit */
  write(): string {
    const n = this.#next;
    writeFileSync(
      join(this.folder, this.nameAt(n)),
      readFileSync(join(feed, this.#names[n % this.#names.length] ?? '')),
    );
    this.#next += 1;
    const first = Math.max(0, n - 5);
    const entries = Array.from(
      { length: n - first + 1 },
      (_, i) => `#EXTINF:${SEGMENT_SECONDS},\n${this.nameAt(first + i)}\n`,
    );
    const head = `#EXTM3U\n#EXT-X-TARGETDURATION:${SEGMENT_SECONDS}\n#EXT-X-MEDIA-SEQUENCE:${first}\n`;
    writeFileSync(join(this.folder, 'index.m3u8'), `${head}${entries.join('')}`);
    return this.nameAt(n);
  }

  /** Makes room of so many of the oldest. */
  remove(count: number): void {
    for (let n = 0; n < count; n++) rmSync(join(this.folder, this.nameAt(n)));
  }
}

function filled(): Promise<string> {
  return onSmallDisk('1800k', async (folder) => {
    const packager = new Packager(folder);
    const now = Date.now() / 1_000;
    for (let n = 0; n < 6; n++) {
      const written = join(folder, packager.write());
      const at = now - SEGMENT_SECONDS * (6 - n);
      utimesSync(written, at, at);
    }
    const server = await serve(folder, '', []);
    /** Whether a segment with these bytes is listed; all that are listed are answered. */
    const has = async (wanted: Buffer): Promise<boolean> => {
      const uris = (await server.manifest()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      const answers = await Promise.all(uris.map((uri) => fetch(new URL(uri, `http://127.0.0.1:${server.port}/`))));
      promise(
        'a listed segment is there',
        answers.every(({ status }) => status === 200),
      );
      const all = await Promise.all(answers.map(async (answer) => Buffer.from(await answer.arrayBuffer())));
      return all.some((bytes) => bytes.equals(wanted));
    };
    const read = (name: string): Buffer => readFileSync(join(folder, name));
    try {
      let last = '';
      let written = 0;
      for (let isFull = false; !isFull; await sleep(1_000 * SEGMENT_SECONDS)) {
        try {
          last = packager.write();
          written += 1;
        } catch {
          isFull = true;
        }
      }
      promise('what was whole is listed', await has(read(last)));
      promise('what is not is not', !(await has(read(packager.next))));
      packager.remove(4);
      last = packager.write();
      const begun = Date.now();
      await waitFor('the newest segment', () => has(read(last)), { timeout: 30_000, interval: 250 });
      const took = ((Date.now() - begun) / 1_000).toFixed(1);
      return `${written} segments fitted, the next one is listed ${took} s after there was room`;
    } finally {
      await server.program.stop({ signal: 'SIGKILL' });
    }
  });
}

const PLANTED = 200;
/** As many errors at a signal, half of them thrown, half of them in promises. */
const plantedErrors = `process.on('SIGUSR2', () => {
  for (let n = 0; n < ${PLANTED / 2}; n++) {
    setImmediate(() => { throw new Error('planted'); });
    Promise.reject(new Error('planted'));
  }
});`;
/** Of faults that nobody caught so many are told. */
const TOLD = 20;

/** Faults of the command line's own process. */
export const nodeRows: readonly ServerRow[] = [
  {
    fault: 'SIGTERM while 20 viewers download 4 MB each',
    promised: `downloads are finished, within ${DRAIN_MS / 1_000} s`,
    play: withServer(async (server) => {
      const path = (await server.manifest()).split('\n').find((line) => line !== '' && !line.startsWith('#')) ?? '';
      const target = new URL(path, `http://127.0.0.1:${server.port}/`).pathname;
      const idle = await Promise.all(Array.from({ length: 100 }, () => open(server.port)));
      const downloads = await Promise.all(Array.from({ length: 20 }, () => download(server.port, target, 3_000_000)));
      const begun = Date.now();
      const exit = server.program.stop({ within: 20_000 });
      const all = await Promise.all(downloads.map((each) => each.ended));
      const code = await exit;
      const took = Date.now() - begun;
      for (const socket of idle) socket.destroy();
      const cut = all.filter((each) => !/^(\d+) of \1$/.test(each));
      promise(`no download is cut: ${cut.join(', ')}`, cut.length === 0);
      promise(`the process ends with 0, not ${code}`, code === 0);
      promise(`it ends within its time, not after ${took} ms`, took < DRAIN_MS + 1_000);
      return `${all.length} of 20 whole, ended after ${(took / 1_000).toFixed(1)} s`;
    }, largeFeed),
  },
  {
    fault: 'SIGTERM while a viewer does not read',
    promised: `ends within ${DRAIN_MS / 1_000} s`,
    play: withServer(async (server) => {
      const path = (await server.manifest()).split('\n').find((line) => line !== '' && !line.startsWith('#')) ?? '';
      // More than the buffers of both ends hold.
      const socket = await open(server.port, `GET /${path.replace(/^\//, '')} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(8));
      await once(socket, 'data');
      socket.pause();
      await sleep(300);
      const begun = Date.now();
      const code = await server.program.stop({ within: 20_000 });
      const took = Date.now() - begun;
      socket.destroy();
      promise(`the process ends with 0, not ${code}`, code === 0);
      promise(`it ends within its time, not after ${took} ms`, took < DRAIN_MS + 1_000);
      return `ended after ${(took / 1_000).toFixed(1)} s`;
    }, largeFeed),
  },
  {
    fault: `${BREAKS.toLocaleString('en')} connections break at any moment`,
    promised: 'the server goes on, nothing stays open',
    play: withServer(async (server) => {
      await server.manifest();
      const before = server.handles();
      const path = (await server.manifest()).split('\n').find((line) => line !== '' && !line.startsWith('#')) ?? '/';
      for (let n = 0; n < BREAKS; n++) {
        const socket = await open(server.port, BEGINNINGS[n % BEGINNINGS.length]?.(`/${path.replace(/^\//, '')}`));
        setTimeout(() => socket.resetAndDestroy(), Math.random() * 30);
      }
      await sleep(1_500);
      await server.manifest();
      const after = server.handles();
      promise('nobody had to catch an error', !server.program.output.includes('goes on'));
      promise(`handles are as before, ${before}, not ${after}`, after <= before + 2);
      return `${before} handles before, ${after} after`;
    }),
  },
  {
    fault: `${PLANTED} errors that nobody catches, in callbacks and promises, while a viewer downloads`,
    promised: `the server goes on, and tells ${TOLD} of them`,
    play: withServer(
      async (server) => {
        const path = (await server.manifest()).split('\n').find((line) => line !== '' && !line.startsWith('#')) ?? '';
        const before = server.handles();
        const { pathname } = new URL(path, `http://127.0.0.1:${server.port}/`);
        const { ended } = await download(server.port, pathname, 3_000_000);
        server.program.child.kill('SIGUSR2');
        const got = await ended;
        await server.manifest();
        const told = server.program.output.match(/planted/g)?.length ?? 0;
        promise('the process is there', !server.program.over);
        promise(`the download is whole, not ${got}`, /^(\d+) of \1$/.test(got));
        promise(`${TOLD} are told, not ${told}`, told > 0 && told <= 2 * TOLD);
        await sleep(500);
        promise('nothing stays open', server.handles() <= before + 2);
        return `the download is whole, ${told} lines`;
      },
      largeFeed,
      `NODE_OPTIONS=--import=data:text/javascript;base64,${Buffer.from(plantedErrors).toString('base64')}`.replace(
        ';',
        '\\;',
      ),
    ),
  },
  {
    fault: 'The server is out of file descriptors',
    promised: 'it goes on when there are some again',
    play: withServer(
      async (server) => {
        await server.manifest();
        const sockets = await Promise.all(Array.from({ length: 300 }, () => open(server.port)));
        await sleep(3_000);
        promise('the process is there', !server.program.over);
        const most = server.handles();
        for (const socket of sockets) socket.destroy();
        const begun = Date.now();
        await waitFor('an answer', () => server.manifest().catch(() => ''), { interval: 50 });
        return `${most} open at most, answers ${((Date.now() - begun) / 1_000).toFixed(1)} s afterwards`;
      },
      () => feed,
      'ulimit -n 100;',
    ),
  },
  {
    fault: `${SOCKETS.toLocaleString('en')} sockets at the tracker, each with an announce and two offers`,
    promised: `at most ${SOCKET_KIB} KiB each, viewers are answered, nothing is left`,
    play: withServer(async (server) => {
      const stream = /[?&]stream=([0-9a-f]{40})/.exec(await server.manifest())?.[1] ?? '';
      const before = { memory: memoryOf(server), handles: server.handles() };
      const sockets: WebSocket[] = [];
      let slowest = 0;
      while (sockets.length < SOCKETS) {
        const more = Array.from({ length: SOCKETS_AT_ONCE }, () => announced(server.port, stream));
        sockets.push(...(await Promise.all(more)));
        const asked = performance.now();
        await server.manifest();
        slowest = Math.max(slowest, performance.now() - asked);
      }
      const peers = async (): Promise<number> => {
        const response = await fetch(`http://127.0.0.1:${server.port}/stats.json`);
        return ((await response.json()) as { tracker: { peers: number } }).tracker.peers;
      };
      const counted = await peers();
      const grown = memoryOf(server) - before.memory;
      for (const socket of sockets) socket.terminate();
      await waitFor('nobody', async () => (await peers()) === 0, { timeout: 30_000 });
      await sleep(1_000);
      promise(`all are counted, not ${counted}`, counted === SOCKETS);
      promise(`memory grows by ${grown.toFixed(0)} MiB`, (1024 * grown) / SOCKETS <= SOCKET_KIB);
      promise(`a playlist takes ${slowest.toFixed(0)} ms at most`, slowest < 2_000);
      promise('no handle is left', server.handles() <= before.handles + 5);
      return `${grown.toFixed(0)} MiB more, a playlist within ${slowest.toFixed(0)} ms meanwhile, ${server.handles()} handles afterwards (${before.handles} before)`;
    }),
  },
  {
    fault: 'With `-u`, the name of a segment’s host leads to a public address first, then to others',
    promised: '502 for the viewer, no request there, and on when it leads back',
    whyNot: whyNoNamespace,
    play: rebound,
  },
  {
    fault: 'The disk of the folder of `-f` is full',
    promised: 'what is whole is listed, what is not is not; on when there is room',
    whyNot: whyNoDisk,
    play: filled,
  },
];
