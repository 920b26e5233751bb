import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { growingEvent, liveWindow } from './live-window.js';
import { listen } from './ports.js';

/** Requests and payload bytes sent, by who asked. */
export interface Count {
  requests: number;
  /** Payload bytes. */
  bytes: number;
}

/** What was served of one path: to browsers (they send Sec-Fetch-* headers) and to everybody else. */
export interface PathCount {
  readonly browsers: Count;
  readonly others: Count;
}

export interface OriginOptions {
  readonly folder: string;
  /** Whether answers carry Access-Control-Allow-Origin; default true. */
  readonly cors?: boolean;
  /** Serve the folder's complete playlists as live ones with this many segments, from now on. */
  readonly liveWindow?: number;
  /** Serve them as EVENT playlists that grow, with this many segments now. */
  readonly growingEvent?: number;
  /** Playlists go out as this says; `url` is the playlist's. */
  readonly rewrite?: (playlist: string, url: string) => Promise<string>;
  /** Before each answer, ms; default 0. */
  readonly latency?: number;
  /** Bytes a second of each answer; default: no limit. */
  readonly rate?: number;
  /** A status to answer this request with instead, or `undefined`. */
  readonly fail?: (path: string, fromBrowser: boolean) => number | undefined;
}

const contentTypes: { readonly [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.ts': 'video/mp2t',
  '.m4s': 'video/iso.segment',
  '.mp4': 'video/mp4',
  '.vtt': 'text/vtt',
};

/** Between two parts of an answer whose rate is limited, ms. */
const STEP_MS = 50;

const corsHeaders = { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'range' };

/** An HTTP server for a folder that counts what it sends, to whom. */
export class Origin {
  private readonly counts = new Map<string, PathCount>();
  private readonly begun = Date.now();
  private readonly server: Server;
  /** With a final slash. */
  url = '';

  private constructor(private readonly options: OriginOptions) {
    this.server = createServer((request, response) => {
      this.answer(request, response).catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500, corsHeaders);
        response.end(String(error));
      });
    });
  }

  static async start(options: OriginOptions): Promise<Origin> {
    const origin = new Origin(options);
    origin.url = `http://127.0.0.1:${await listen(origin.server)}/`;
    return origin;
  }

  /** What was sent so far of each path that `pattern` matches, summed. */
  sent(pattern: RegExp): PathCount {
    const sum = { browsers: { requests: 0, bytes: 0 }, others: { requests: 0, bytes: 0 } };
    for (const [path, count] of this.counts) {
      if (!pattern.test(path)) continue;
      for (const who of ['browsers', 'others'] as const) {
        sum[who].requests += count[who].requests;
        sum[who].bytes += count[who].bytes;
      }
    }
    return sum;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(request.url ?? '/', this.url).pathname);
    const fromBrowser = request.headers['sec-fetch-site'] !== undefined;
    const headers = (this.options.cors ?? true) ? corsHeaders : {};
    if (this.options.latency) await sleep(this.options.latency);
    if (request.method === 'OPTIONS') return void response.writeHead(204, headers).end();
    const failure = this.options.fail?.(path, fromBrowser);
    if (failure !== undefined) return void response.writeHead(failure, headers).end();
    const body = await this.read(path);
    if (body === undefined) return void response.writeHead(404, headers).end();
    const contentType = contentTypes[extname(path)] ?? 'application/octet-stream';
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const from = Number(range?.[1] ?? 0);
    const part = body.subarray(from, range?.[2] ? Number(range[2]) + 1 : body.length);
    const partial = { 'content-range': `bytes ${from}-${from + part.length - 1}/${body.length}` };
    response.writeHead(range ? 206 : 200, {
      ...headers,
      ...(range ? partial : {}),
      'content-type': contentType,
      'content-length': part.length,
      'accept-ranges': 'bytes',
      'cache-control': extname(path) === '.m3u8' ? 'no-cache' : 'max-age=60',
    });
    const count = this.count(path, fromBrowser);
    const { rate } = this.options;
    const step = rate === undefined ? part.length : Math.ceil((rate * STEP_MS) / 1000);
    for (let at = 0; request.method !== 'HEAD' && at < part.length && !response.destroyed; at += step) {
      const chunk = part.subarray(at, at + step);
      count.bytes += chunk.length;
      response.write(chunk);
      if (rate !== undefined) await sleep(STEP_MS);
    }
    response.end();
  }

  private async read(path: string): Promise<Buffer | undefined> {
    const file = await readFile(join(this.options.folder, normalize(path))).catch(() => undefined);
    if (!file || extname(path) !== '.m3u8') return file;
    const { rewrite } = this.options;
    const playlist = file.includes('#EXTINF') ? this.mediaPlaylist(file.toString()) : file.toString();
    return Buffer.from(rewrite ? await rewrite(playlist, new URL(path, this.url).href) : playlist);
  }

  private mediaPlaylist(vod: string): string {
    const { liveWindow: window, growingEvent: begun } = this.options;
    const elapsed = (Date.now() - this.begun) / 1000;
    if (window !== undefined) return liveWindow(vod, elapsed, window);
    return begun === undefined ? vod : growingEvent(vod, elapsed, begun);
  }

  /** One more request; its bytes are counted as they are sent. */
  private count(path: string, fromBrowser: boolean): Count {
    const none = (): Count => ({ requests: 0, bytes: 0 });
    const entry = this.counts.get(path) ?? { browsers: none(), others: none() };
    this.counts.set(path, entry);
    const who = fromBrowser ? entry.browsers : entry.others;
    who.requests++;
    return who;
  }
}
