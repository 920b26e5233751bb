import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';
import { forward } from '../../../harness/forward.mjs';
import { root } from '../../../harness/page-files.mjs';
import { RunningProgram } from '../../../harness/running-program.mjs';
import { freePort, type Served, serve } from '../../../harness/serve.mjs';

const examples = join(root, 'examples');

/** The folder of the segments that the example site plays. */
export const feedFolder = join(examples, 'feed');

/** `examples/express/server.mjs` as a process of its own, behind a port that counts what it sends. */
export class ExampleSite {
  /** Payload bytes of segments that were sent, to whomever. */
  segmentBytes = 0;
  /** Playlists that were sent gzipped. */
  zipped = 0;
  #front: Served | undefined;

  private constructor(private readonly server: RunningProgram) {}

  /** @param gzip whether playlists are sent with `Content-Encoding: gzip` to who takes that */
  static async start({ gzip = false } = {}): Promise<ExampleSite> {
    const port = await freePort();
    const env = { ...process.env, PORT: String(port) };
    const server = new RunningProgram(process.execPath, [join(examples, 'express/server.mjs')], { env });
    await server.until('the example server', (output) => output.includes(String(port)));
    const site = new ExampleSite(server);
    site.#front = await serve((request, response) => {
      site.#answer(request, response, `http://127.0.0.1:${port}`, gzip).catch(() => response.destroy());
    });
    return site;
  }

  /** With a final slash. */
  get url(): string {
    return this.#front?.url ?? '';
  }

  async close(): Promise<void> {
    await Promise.all([this.#front?.close(), this.server.stop()]);
  }

  async #answer(request: IncomingMessage, response: ServerResponse, target: string, gzip: boolean): Promise<void> {
    const { url = '/', headers } = request;
    const answer = await forward(request, response, target + url);
    const zip = gzip && url.endsWith('.m3u8') && /gzip/.test(String(headers['accept-encoding']));
    const { 'content-length': _, ...unsized } = answer.headers;
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
  }
}
