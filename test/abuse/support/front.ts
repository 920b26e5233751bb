import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { forward } from '../../../harness/forward.mjs';
import { readScripts, sendFile } from '../../../harness/page-files.mjs';
import { type Served, serve } from '../../../harness/serve.mjs';
import { countObjects } from '../night/count-objects.js';
import { viewerPage } from './viewer-page.js';

/** Paths of playlists. */
export const PLAYLIST = /\.m3u8$/;
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
  /** What becomes of a text. */
  readonly rewrites?: (text: string) => string;
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
  readonly #files: ReadonlyMap<string, string> = readScripts()
    .set('/viewer.html', viewerPage)
    .set('/counted.html', viewerPage.replace('>', `><script>(${countObjects})();</script>`));
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy());
  });
  #served: Served | undefined;

  private constructor(
    readonly target: string,
    private readonly options: FrontOptions,
  ) {}

  static async start(target: string, options: FrontOptions = {}): Promise<Front> {
    const front = new Front(target, options);
    await front.accept();
    return front;
  }

  /** Takes connections, again. */
  async accept(): Promise<void> {
    const { host = '127.0.0.1', name = host } = this.options;
    this.#served = await serve(this.#server, { host, port: this.#served?.port ?? 0 });
    this.url = `http://${name}:${this.#served.port}/`;
  }

  /** Cuts all connections; further ones are refused. */
  async refuse(): Promise<void> {
    await this.#served?.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, search } = new URL(request.url ?? '/', this.url);
    const file = this.#files.get(path);
    if (file !== undefined) return sendFile(response, path, file);
    const fault = this.#faultAt(path);
    if (fault.hangs) return;
    if (fault.status !== undefined) return void response.writeHead(fault.status, fault.headers).end('a fault');
    const answer = await forward(request, response, new URL(`${path}${search}`, this.target));
    const passed = Object.entries({ ...answer.headers, ...fault.headers }).filter(
      ([name]) => !(this.options.sameOrigin && name.startsWith('access-control-')),
    );
    const whole = fault.sends === undefined && !fault.corrupts && !fault.rewrites;
    const heads = Object.fromEntries(passed.filter(([name]) => whole || name !== 'content-length'));
    response.writeHead(answer.statusCode ?? 500, heads);
    const count = (chunk: Buffer): void => {
      if (SEGMENT.test(path)) this.segmentBytes += chunk.length;
    };
    if (whole) return void answer.on('data', count).pipe(response);
    const came = Buffer.concat(await answer.toArray());
    const body = fault.rewrites ? Buffer.from(fault.rewrites(came.toString())) : came;
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
