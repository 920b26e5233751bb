import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { largeFeed } from '../../browser/support/feeds.js';
import { waitFor } from '../../browser/support/poll.js';
import { promise, type ServerRow } from '../support/server-row.js';

const root = join(import.meta.dirname, '../../..');
const bin = join(root, 'packages/cli/dist/bin.js');
const feed = join(root, 'examples/feed');
/** What a server that stops gives to downloads, ms. */
const DRAIN_MS = 5_000;

interface Server {
  readonly child: ChildProcess;
  readonly port: number;
  output(): string;
  manifest(): Promise<string>;
  /** Files, sockets and pipes that the process has open. */
  handles(): number;
}

/** `live-torrent` through a shell, which may limit it first. */
async function serve(folder: string, limit = ''): Promise<Server> {
  const command = `${limit} exec ${process.execPath} ${bin} -f ${folder} -l -p 0`;
  const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      output += text;
    });
  }
  const url = await waitFor('live-torrent', () => /^stream {2}(\S+)$/m.exec(output)?.[1]);
  return {
    child,
    port: Number(new URL(url).port),
    output: () => output,
    manifest: async () => {
      const response = await fetch(url, { headers: { connection: 'close' } });
      promise(`the playlist is answered by 200, not ${response.status}`, response.status === 200);
      return response.text();
    },
    handles: () => readdirSync(`/proc/${child.pid}/fd`).length,
  };
}

async function ended({ child }: Server, signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const exit = once(child, 'exit') as Promise<[number | null]>;
  child.kill(signal);
  return (await exit)[0];
}

const withServer =
  (play: (server: Server) => Promise<string>, folder = () => feed, limit = ''): ServerRow['play'] =>
  async () => {
    const server = await serve(folder(), limit);
    try {
      return await play(server);
    } finally {
      await ended(server);
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
      const exit = ended(server, 'SIGTERM');
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
      const code = await ended(server, 'SIGTERM');
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
      promise('nobody had to catch an error', !server.output().includes('goes on'));
      promise(`handles are as before, ${before}, not ${after}`, after <= before + 2);
      return `${before} handles before, ${after} after`;
    }),
  },
  {
    fault: 'The server is out of file descriptors',
    promised: 'it goes on when there are some again',
    play: withServer(
      async (server) => {
        await server.manifest();
        const sockets = await Promise.all(Array.from({ length: 300 }, () => open(server.port)));
        await sleep(3_000);
        promise('the process is there', server.child.exitCode === null);
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
];
