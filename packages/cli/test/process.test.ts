import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { listen } from '../../../harness/serve.mjs';

const bin = fileURLToPath(new URL('../lib/bin.js', import.meta.url));
const feed = fileURLToPath(new URL('./fixtures/ts', import.meta.url));
const running: ChildProcess[] = [];

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

function run(...args: string[]): { child: ChildProcess; output: () => string; exit: Promise<number | null> } {
  const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    output += chunk;
  });
  return { child, output: () => output, exit: new Promise((resolve) => child.once('close', (code) => resolve(code))) };
}

/** What matches in the output, as soon as it does; fails when the process ends before. */
async function printed(
  { child, output }: { child: ChildProcess; output: () => string },
  pattern: RegExp,
): Promise<string> {
  while (child.exitCode === null && child.signalCode === null) {
    const found = pattern.exec(output());
    if (found) return found[1] ?? found[0];
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`ended without ${pattern}: ${output()}`);
}

describe('the exit code', () => {
  it.each([
    [['--bogus'], /--bogus/],
    [['-f', feed, '-p', 'x'], /-p\/--port/],
    [[], /-u URL or -f FOLDER.*\nTry live-torrent --help\n/],
    [['magnetize', '--ot', 'x', 'y'], /unknown flag --ot: .*--out\?\nTry live-torrent magnetize --help\n/],
    [['magnetize', 'http://u:s3cret@a/b.m3u8', '--out', 'x'], /^(?!.*s3cret).*no URL; live-torrent -u URL .*\n/],
    [['magnetize', feed, '--out', feed], /--out .*\nTry live-torrent magnetize --help\n/],
  ])('is 2 on bad usage, %j', async (args, message) => {
    const cli = run(...args);
    expect(await cli.exit).toBe(2);
    expect(cli.output()).toMatch(message);
  });

  it.each([
    [['-f', '/does/not/exist'], /\/does\/not\/exist/],
    [['estmate'], /cannot read the folder estmate: .*did you mean live-torrent estimate\?/],
    [['-f', '/dev/null'], /\/dev\/null is neither a folder nor a file/],
    [['-f', 'host.example/live.m3u8'], /host\.example\/live\.m3u8: .*a URL begins with http:\/\/ or https:\/\//],
    [['-f', feed, '--tls-cert', '/no/cert.pem', '--tls-key', '/no/key.pem'], /--tls-cert.*\/no\/cert\.pem/],
    [['-f', feed, '--tls-cert', bin, '--tls-key', bin], /--tls-cert.*--tls-key/],
  ])('is 1 on failure, %j, and the message names the file', async (args, message) => {
    const cli = run('-p', '0', ...args);
    expect(await cli.exit).toBe(1);
    expect(cli.output()).toMatch(message);
    expect(cli.output()).not.toContain('    at ');
  });

  it('is 1 when the upstream cannot be reached, and the message names the URL', async () => {
    const http = createServer();
    const port = await listen(http);
    const url = `http://127.0.0.1:${port}/live.m3u8`;
    await new Promise((resolve) => http.close(resolve));
    const cli = run('-p', '0', '-u', url);
    expect(await cli.exit).toBe(1);
    expect(cli.output()).toContain(url);
  });

  it('is 1 when the port is in use, and the message says what to do', async () => {
    const http = createServer();
    const port = await listen(http);
    const cli = run('-f', feed, '-p', String(port));
    expect(await cli.exit).toBe(1);
    expect(cli.output()).toMatch(new RegExp(`port ${port} .*in use.*--port`));
    await new Promise((resolve) => http.close(resolve));
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('is 0 after %s, with a connection still open', async (signal) => {
    const cli = run('-f', feed, '-l', '-p', '0', '--open');
    const url = await printed(cli, /stream {2}(\S+)/);
    const response = await fetch(url);
    cli.child.kill(signal);
    expect(await cli.exit).toBe(0);
    await response.text().catch(() => {});
  });

  it('is 0 after SIGTERM while the upstream does not answer', async () => {
    const playlist = '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nnever.ts\n';
    const http = createServer((req, res) => {
      if (req.url === '/live.m3u8') res.end(playlist);
    });
    const port = await listen(http);
    const cli = run('-p', '0', '-u', `http://127.0.0.1:${port}/live.m3u8`);
    const url = await printed(cli, /stream {2}(\S+)/);
    expect((await fetch(url)).status).toBe(200);
    cli.child.kill('SIGTERM');
    expect(await cli.exit).toBe(0);
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });

  it('is 0 after SIGTERM, and a segment that was on its way arrives whole', async () => {
    const BYTES = 8 * 1024 * 1024;
    const http = createServer((req, res) => {
      if (req.url === '/live.m3u8') return void res.end('#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na.ts\n');
      res.writeHead(200, { 'Content-Length': BYTES }).write(Buffer.alloc(BYTES / 2));
      setTimeout(() => res.end(Buffer.alloc(BYTES / 2)), 1500);
    });
    const port = await listen(http);
    const cli = run('-p', '0', '-u', `http://127.0.0.1:${port}/live.m3u8`);
    const url = await printed(cli, /stream {2}(\S+)/);
    const segment = /^[^#].*$/m.exec(await (await fetch(url)).text())?.[0] ?? '';
    const response = await fetch(new URL(segment, url));
    const body = response.arrayBuffer();
    cli.child.kill('SIGTERM');
    expect((await body).byteLength).toBe(BYTES);
    await expect(fetch(url)).rejects.toThrow();
    expect(await cli.exit).toBe(0);
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });

  it('is 0 after SIGTERM and 5 s, though a viewer takes nothing of its segment any more', async () => {
    const http = createServer((req, res) => {
      if (req.url === '/live.m3u8') res.end('#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na.ts\n');
      else res.end(Buffer.alloc(32 * 1024 * 1024));
    });
    const port = await listen(http);
    const cli = run('-p', '0', '-u', `http://127.0.0.1:${port}/live.m3u8`);
    const url = await printed(cli, /stream {2}(\S+)/);
    const segment = /^[^#].*$/m.exec(await (await fetch(url)).text())?.[0] ?? '';
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`GET ${segment} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await once(socket, 'data');
    socket.pause();
    cli.child.kill('SIGTERM');
    expect(await cli.exit).toBe(0);
    socket.destroy();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });

  it('is 0 for --help and --version', async () => {
    const [help, version] = [run('--help'), run('--version')];
    expect([await help.exit, await version.exit]).toEqual([0, 0]);
    expect(help.output()).toContain('--tls-cert');
    expect(version.output()).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

it('prints each manifest with -v, and the hint about TLS where it listens to other hosts', async () => {
  const cli = run('-f', feed, '-l', '-p', '0', '-v', '--host', '0.0.0.0');
  await printed(cli, /###magnet:\?xt=urn:btih:[0-9a-f]{40}/);
  await printed(cli, /--tls-cert and --tls-key/);
});

it('goes on when there is no file descriptor for one more connection', async () => {
  const child = spawn(
    'sh',
    ['-c', `ulimit -n 400; exec "$0" "$@"`, process.execPath, bin, '-f', feed, '-l', '-p', '0'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  running.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const url = await printed({ child, output: () => output }, /stream {2}(\S+)/);
  const sockets: Socket[] = [];
  for (let i = 0; i < 800; i++) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => {});
    sockets.push(socket);
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (const socket of sockets) socket.destroy();
  while ((await fetch(url).catch(() => undefined))?.status !== 200) {
    expect(child.exitCode).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});

it('goes on, without a fault, when nobody reads any more what it prints', async () => {
  const url = await printed(run('-f', feed, '-l', '-p', '0'), /stream {2}(\S+)/);
  // A line each second.
  const cli = run('help', '-u', url, '--json');
  await printed(cli, /"viewers"/);
  cli.child.stdout?.destroy();
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(cli.output()).not.toContain('fault');
  cli.child.kill('SIGTERM');
  expect(await cli.exit).toBe(0);
});

it('has no fault of its own when connections break while they are refused', async () => {
  const cli = run('-f', feed, '-l', '-p', '0');
  const url = new URL(await printed(cli, /stream {2}(\S+)/));
  const upgrade = 'GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  for (let n = 0; n < 200; n++) {
    const socket = connect(Number(url.port), url.hostname, () => socket.write(upgrade));
    socket.on('error', () => {});
    if (n % 2 === 0) socket.once('data', () => socket.resetAndDestroy());
    else setTimeout(() => socket.resetAndDestroy(), n % 7);
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect((await fetch(url)).status).toBe(200);
  expect(cli.output()).not.toContain('fault');
});
