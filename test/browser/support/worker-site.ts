import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  request as openRequest,
  type Server,
  type ServerResponse,
} from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cli } from './cli.js';
import { listen } from './ports.js';
import { workerPages } from './worker-pages.js';

const root = join(import.meta.dirname, '../../..');
/** The built scripts that pages load, by path: files of the repository. */
export const pageScripts: { readonly [path: string]: string } = {
  '/sw.js': 'packages/sw-proxy/dist/sw.js',
  '/p2p-loader.js': 'packages/p2p-loader/dist/index.js',
  '/swarm.js': 'packages/p2p-loader/dist/swarm.js',
  '/classic.js': 'packages/p2p-loader/dist/classic.js',
  '/hls.js': 'node_modules/hls.js/dist/hls.min.js',
};

/** A request that reached the origin. */
export interface OriginRequest {
  readonly path: string;
  readonly method: string;
  /** With the query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

export interface WorkerSiteOptions {
  /** Folders of segments, each a live stream that loops: the first one's playlist is `/manifest.m3u8`, the next one's `/1/manifest.m3u8`. */
  readonly folders: readonly string[];
}

/**
 * A site with players behind a service worker: its pages and the built scripts, and the CLI behind them on the same host.
 * `/moved.m3u8` leads to `/manifest.m3u8`.
 */
export class WorkerSite {
  readonly requests: OriginRequest[] = [];
  /** Bodies that were sent by POST to `/report`. */
  readonly reports: string[] = [];
  /** Pages and scripts by path; tests put others in their place. */
  readonly files: Map<string, string>;
  /** Before each segment, ms. */
  latency = 0;
  /** How many of the next segment answers end in the middle, as a dropped connection does. */
  breaks = 0;
  /** Any page may read playlists and segments, but none that sends credentials: as servers do that know nothing of these. */
  anonymous = false;
  /** With a final slash. */
  url = '';
  private readonly server: Server;

  private constructor(private readonly streams: readonly Cli[]) {
    this.files = new Map([
      ...Object.entries(pageScripts).map(([path, file]) => [path, readFileSync(join(root, file), 'utf8')] as const),
      ...Object.entries(workerPages),
    ]);
    this.server = createServer((request, response) => {
      this.answer(request, response).catch(() => response.destroy());
    });
  }

  static async start({ folders }: WorkerSiteOptions): Promise<WorkerSite> {
    const streams = await Promise.all(folders.map((folder) => Cli.start(['-f', folder, '-l', '-s', 'false'])));
    const site = new WorkerSite(streams);
    site.url = `http://127.0.0.1:${await listen(site.server)}/`;
    return site;
  }

  /** Requests for paths that match, so far. */
  asked(path: RegExp): OriginRequest[] {
    return this.requests.filter((request) => path.test(request.path));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await Promise.all([once(this.server.close(), 'close'), ...this.streams.map((cli) => cli.stop())]);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, search } = new URL(request.url ?? '/', this.url);
    const { method = 'GET', headers } = request;
    this.requests.push({ path, method, url: `${path}${search}`, headers });
    if (path === '/report') {
      this.reports.push(Buffer.concat(await request.toArray()).toString());
      return void response.writeHead(204).end();
    }
    if (path === '/moved.m3u8') return void response.writeHead(302, { location: '/manifest.m3u8' }).end();
    const file = this.files.get(path);
    if (file !== undefined) {
      const type = path.endsWith('.js') ? 'text/javascript' : 'text/html';
      response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-cache' }).end(file);
      return;
    }
    const isSegment = path.endsWith('.ts');
    if (isSegment) await sleep(this.latency);
    const broken = isSegment && this.breaks > 0;
    if (broken) this.breaks -= 1;
    const [, number = '0', rest] = /^(?:\/(\d))?(\/.*)$/.exec(path) ?? [];
    const stream = this.streams[Number(number)];
    if (!stream) return void response.writeHead(404).end();
    const { host: _, ...passed } = headers;
    const forward = openRequest(new URL(`${rest}${search}`, stream.url), { method, headers: passed });
    forward.end();
    const [answer] = (await once(forward, 'response')) as [IncomingMessage];
    if (this.anonymous) {
      delete answer.headers['access-control-allow-credentials'];
      answer.headers['access-control-allow-origin'] = '*';
    }
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    if (!broken) return void answer.pipe(response);
    const body = Buffer.concat(await answer.toArray());
    response.write(body.subarray(0, body.length / 2), () => response.destroy());
  }
}
