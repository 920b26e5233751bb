import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { listen } from '../../browser/support/ports.js';
import { pageScripts } from '../../browser/support/worker-site.js';
import { viewerPage } from './viewer-page.js';

const root = join(import.meta.dirname, '../../..');
const PLAYLIST = /\.m3u8$/;
const SEGMENT = /\.ts$/;

/** How requests fail, as data. */
export interface Fault {
  /** Paths that it is for. Default: playlists and segments. */
  readonly at?: RegExp;
  readonly status?: number;
  /** Headers of the answer, in place of its own. */
  readonly headers?: { readonly [name: string]: string };
  /** No answer comes, and the connection stays open. */
  readonly hangs?: true;
  /** The share of the body that is sent, in a chunked answer that ends as it should. */
  readonly sends?: number;
  /** One byte of the body is another. */
  readonly corrupts?: true;
}

export interface FrontOptions {
  /** Nobody on another host may read the answers. */
  readonly sameOrigin?: boolean;
  /** The address of this machine that it is reached at, and a name for that. Default: 127.0.0.1, by its address. */
  readonly host?: string;
  readonly name?: string;
}

/**
 * What one viewer has for an origin: its page, and all else from `target`, with the faults that are set. Each viewer has one of its own, so that a fault
 * can be one viewer's.
 */
export class Front {
  fault: Fault | undefined;
  /** Payload bytes of segments that were sent. */
  segmentBytes = 0;
  /** With a final slash. */
  url = '';
  readonly #files: ReadonlyMap<string, string>;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy());
  });
  #port = 0;

  private constructor(
    readonly target: string,
    private readonly options: FrontOptions,
  ) {
    const scripts = Object.entries(pageScripts).map(
      ([path, file]) => [path, readFileSync(join(root, file), 'utf8')] as const,
    );
    this.#files = new Map([...scripts, ['/viewer.html', viewerPage]]);
  }

  static async start(target: string, options: FrontOptions = {}): Promise<Front> {
    const front = new Front(target, options);
    await front.accept();
    return front;
  }

  /** Takes connections, again. */
  async accept(): Promise<void> {
    const { host = '127.0.0.1', name = host } = this.options;
    this.#port = await listen(this.#server, this.#port, host);
    this.url = `http://${name}:${this.#port}/`;
  }

  /** Cuts all connections; further ones are refused. */
  async refuse(): Promise<void> {
    const closed = once(this.#server.close(), 'close');
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, search } = new URL(request.url ?? '/', this.url);
    const file = this.#files.get(path);
    if (file !== undefined) {
      const type = path.endsWith('.js') ? 'text/javascript' : 'text/html';
      response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-cache' }).end(file);
      return;
    }
    const fault = this.#faultAt(path);
    if (fault.hangs) return;
    if (fault.status !== undefined) return void response.writeHead(fault.status, fault.headers).end('a fault');
    const { host: _, connection: __, ...headers } = request.headers;
    const forward = openRequest(new URL(`${path}${search}`, this.target), { method: request.method, headers });
    response.once('close', () => forward.destroy());
    forward.end();
    const [answer] = (await once(forward, 'response')) as [IncomingMessage];
    const passed = Object.entries({ ...answer.headers, ...fault.headers }).filter(
      ([name]) => !(this.options.sameOrigin && name.startsWith('access-control-')),
    );
    const whole = fault.sends === undefined && !fault.corrupts;
    const heads = Object.fromEntries(passed.filter(([name]) => whole || name !== 'content-length'));
    response.writeHead(answer.statusCode ?? 500, heads);
    const count = (chunk: Buffer): void => {
      if (SEGMENT.test(path)) this.segmentBytes += chunk.length;
    };
    if (whole) return void answer.on('data', count).pipe(response);
    const body = Buffer.concat(await answer.toArray());
    const sent = Buffer.from(body.subarray(0, Math.floor(body.length * (fault.sends ?? 1))));
    const middle = sent.length >> 1;
    if (fault.corrupts && sent.length > 0) sent[middle] = (sent[middle] as number) ^ 0xff;
    count(sent);
    response.end(sent);
  }

  #faultAt(path: string): Fault {
    const { fault } = this;
    if (fault === undefined) return {};
    const meant = fault.at?.test(path) ?? (PLAYLIST.test(path) || SEGMENT.test(path));
    return meant ? fault : {};
  }
}
