import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';
import { waitFor } from './poll.js';
import { freePort, listen } from './ports.js';

const examples = join(import.meta.dirname, '../../../examples');

/** The folder of the segments that the example site plays. */
export const feedFolder = join(examples, 'feed');

/** `examples/express/server.mjs` as a process of its own, behind a port that counts what it sends. */
export class ExampleSite {
  /** With a final slash. */
  url = '';
  /** Payload bytes of segments that were sent, to whomever. */
  segmentBytes = 0;
  /** Playlists that were sent gzipped. */
  zipped = 0;
  private readonly front: Server;

  private constructor(
    private readonly child: ChildProcess,
    port: number,
    gzip: boolean,
  ) {
    this.front = createServer(({ url = '/', method, headers }, response) => {
      const forwarded = request({ host: '127.0.0.1', port, path: url, method, headers }, (answer) => {
        const zip = gzip && url.endsWith('.m3u8') && /gzip/.test(String(headers['accept-encoding']));
        const { 'content-length': length, ...unsized } = answer.headers;
        response.writeHead(answer.statusCode ?? 502, zip ? { ...unsized, 'content-encoding': 'gzip' } : answer.headers);
        if (zip) {
          this.zipped += 1;
          answer.pipe(createGzip()).pipe(response);
          return;
        }
        if (url.endsWith('.ts')) {
          answer.on('data', (chunk: Buffer) => {
            this.segmentBytes += chunk.length;
          });
        }
        answer.pipe(response);
      });
      forwarded.on('error', () => response.destroy());
      response.on('close', () => forwarded.destroy());
      forwarded.end();
    });
  }

  /** @param gzip whether playlists are sent with `Content-Encoding: gzip` to who takes that */
  static async start({ gzip = false } = {}): Promise<ExampleSite> {
    const port = await freePort();
    const server = join(examples, 'express/server.mjs');
    const env = { ...process.env, PORT: String(port) };
    const child = spawn(process.execPath, [server], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    const site = new ExampleSite(child, port, gzip);
    await waitFor('the example server', () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}\n${output}`);
      return output.includes(String(port));
    });
    site.url = `http://127.0.0.1:${await listen(site.front)}/`;
    return site;
  }

  async close(): Promise<void> {
    this.front.close();
    this.front.closeAllConnections();
    if (this.child.exitCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }
}
