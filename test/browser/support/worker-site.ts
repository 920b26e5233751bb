import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cli } from '../../../harness/cli.mjs';
import { forward } from '../../../harness/forward.mjs';
import { readScripts, sendFile } from '../../../harness/page-files.mjs';
import { type Served, serve } from '../../../harness/serve.mjs';
import { workerPages } from './worker-pages.js';

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
  #served: Served | undefined;

  private constructor(private readonly streams: readonly Cli[]) {
    this.files = new Map([...readScripts(), ...Object.entries(workerPages)]);
  }

  static async start({ folders }: WorkerSiteOptions): Promise<WorkerSite> {
    const streams = await Promise.all(folders.map((folder) => Cli.start(['-f', folder, '-l', '-s', 'false'])));
    const site = new WorkerSite(streams);
    site.#served = await serve((request, response) => {
      site.answer(request, response).catch(() => response.destroy());
    });
    site.url = site.#served.url;
    return site;
  }

  /** Requests for paths that match, so far. */
  asked(path: RegExp): OriginRequest[] {
    return this.requests.filter((request) => path.test(request.path));
  }

  async close(): Promise<void> {
    await Promise.all([this.#served?.close(), ...this.streams.map((cli) => cli.stop())]);
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
    if (file !== undefined) return sendFile(response, path, file);
    const isSegment = path.endsWith('.ts');
    if (isSegment) await sleep(this.latency);
    const broken = isSegment && this.breaks > 0;
    if (broken) this.breaks -= 1;
    const [, number = '0', rest] = /^(?:\/(\d))?(\/.*)$/.exec(path) ?? [];
    const stream = this.streams[Number(number)];
    if (!stream) return void response.writeHead(404).end();
    const answer = await forward(request, response, new URL(`${rest}${search}`, stream.url));
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
