import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Served, serve } from '../../harness/serve.mjs';
import { type Content, contentOf, contentsAt, type Feed, playlistAt } from './scripted-feed.js';

/** How some requests are answered otherwise than by an ordinary server. The first rule that applies to a request decides. */
export interface Rule {
  /** Matches path and query. */
  readonly at: RegExp;
  /** It leaves so many requests that it would apply to, and then applies to so many. Default: 0 and all. */
  readonly after?: number;
  readonly times?: number;
  /** The rule is for requests that lack this header, or have another value. */
  readonly unless?: readonly [name: string, value: RegExp];
  /** The rule is for requests with such a header. */
  readonly when?: readonly [name: string, value: RegExp];
  /** One of the hosts, 0 is the one of `url`. Default: all. */
  readonly host?: number;
  readonly status?: number;
  /** Further headers; `{origin}` is the request's Origin. An empty one is left out. */
  readonly headers?: { readonly [name: string]: string };
  /** A Location with status 302; `{load}`, `{edge}` as in `Feed.uri`, `{target}` is the request's path and query. */
  readonly redirect?: string;
  /** Before the answer, ms. */
  readonly delay?: number;
  readonly body?: string;
  /** The share of the body that is sent before the connection is closed. */
  readonly sends?: number;
  /** Content-Length is off by so much, or there is none and the body is chunked. */
  readonly length?: number | 'chunked';
  /** A range is ignored, one byte further on than it was asked for, or longer than its Content-Range says. */
  readonly range?: 'ignored' | 'shifted' | 'longer';
}

/** An upstream's behaviour, as data. */
export interface Script {
  /** Live playlists by path. */
  readonly feeds?: { readonly [path: string]: Feed };
  /** Other resources by path; `{load}` is how often it was loaded before, `{edge}` the origin of the host whose turn it is. */
  readonly files?: { readonly [path: string]: string };
  readonly rules?: readonly Rule[];
  /** Headers of every answer. */
  readonly headers?: { readonly [name: string]: string };
  /** Whether answers have an ETag: by their bytes, or a playlist by when it was written, too. Default: by bytes. */
  readonly etags?: boolean | 'written';
  /** Hosts that have the same. Default 1. */
  readonly hosts?: number;
  /** Segments that follow each other. Default: the test media of the CLI. */
  readonly media?: readonly Uint8Array[];
}

/** What a player's requests have, as those of browsers, and no others. */
export const PLAYER = { 'Sec-Fetch-Mode': 'cors' };

/** One request, as it came. */
export interface Seen {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly host: number;
  readonly headers: IncomingMessage['headers'];
  /** From a player, and not from what stands between. */
  readonly player: boolean;
  /** What it named, `run/n`, or the path. */
  readonly resource: string;
  /** Its answer is out. */
  done: boolean;
}

/**
 * The Range of who only wants to know something, which is no read: whether a page may have it, or, as Chromium asks before it takes the rest of
 * an answer that broke off, whether it still is the same.
 */
const PROBE = /^bytes=(\d+)-\1$/;

const fixtures = join(import.meta.dirname, '../../packages/cli/test/fixtures');
let sample: readonly Uint8Array[] | undefined;
/** Short segments of all kinds. */
export function sampleMedia(): readonly Uint8Array[] {
  sample ??= readdirSync(fixtures, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:m2t|m4s|aac)$/.test(name))
    .sort()
    .map((name) => readFileSync(join(fixtures, name)));
  return sample;
}

const TYPES: readonly (readonly [RegExp, string])[] = [
  [/\.m3u8/, 'application/vnd.apple.mpegurl'],
  [/\.ts/, 'video/mp2t'],
  [/\.mp4/, 'video/mp4'],
];

/** An upstream that does what its script says, and remembers what it was asked for. It goes on by `step`. */
export class ScriptedUpstream {
  readonly seen: Seen[] = [];
  /** How far the feeds have come. */
  step = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #counts = new Map<string, number>();
  /** Requests that a rule was for. */
  readonly #met = new Map<Rule, number>();
  readonly #served: Served[] = [];

  constructor(readonly script: Script) {}

  /** Listens on as many ports as the script has hosts. */
  static async start(script: Script): Promise<ScriptedUpstream> {
    const upstream = new ScriptedUpstream(script);
    for (let host = 0; host < (script.hosts ?? 1); host++) {
      upstream.#served.push(await serve((req, res) => void upstream.answer(req, res, host)));
    }
    return upstream;
  }

  /** Of the first host, without a final slash. */
  get origin(): string {
    return this.origins[0] ?? '';
  }

  get origins(): readonly string[] {
    return this.#served.map(({ url }) => new URL(url).origin);
  }

  /** Takes its feeds a step further each `duration`, ms, until it is closed. */
  goOn(duration: number): void {
    this.#timer = setInterval(() => {
      this.step++;
    }, duration);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const { close } of this.#served) await close();
  }

  /** Requests that `matches`. */
  asked(matches: (seen: Seen) => boolean): readonly Seen[] {
    return this.seen.filter(matches);
  }

  /** How often the segments and files were read, by resource: `[by players, by others]`. */
  reads(): Map<string, readonly [players: number, others: number]> {
    const reads = new Map<string, readonly [number, number]>();
    for (const { method, resource, player, headers } of this.seen) {
      if (method !== 'GET' || PROBE.test(headers.range ?? '') || resource.includes('.m3u8')) continue;
      const [players, others] = reads.get(resource) ?? [0, 0];
      reads.set(resource, player ? [players + 1, others] : [players, others + 1]);
    }
    return reads;
  }

  /** What the playlist at `path` lists now, as `run/n`. */
  listed(path: string): readonly string[] {
    const feed = this.script.feeds?.[path];
    return feed ? contentsAt(feed, this.step, this.#loadsOf(path)).map(nameOf) : [];
  }

  /** The bytes of a `run/n`. */
  bytes(resource: string): Uint8Array {
    const [run = 0, n = 0] = resource.split('/').map(Number);
    const media = this.script.media ?? sampleMedia();
    return media[(n + 7 * run) % media.length] ?? new Uint8Array();
  }

  /** Answers a request of the host with this number; also as an Express handler. */
  async answer(req: IncomingMessage, res: ServerResponse, host = 0): Promise<void> {
    const target = (req as { originalUrl?: string }).originalUrl ?? req.url ?? '/';
    const path = target.replace(/\?.*/s, '');
    const resource = this.#resourceOf(target, path, req.headers.range);
    const load = this.#counts.get(resource) ?? 0;
    const counts = req.method === 'GET' && !PROBE.test(req.headers.range ?? '');
    if (counts) this.#counts.set(resource, load + 1);
    const player = req.headers['sec-fetch-mode'] !== undefined;
    const seen: Seen = { method: req.method ?? '', target, host, headers: req.headers, player, resource, done: false };
    this.seen.push(seen);
    res.once('close', () => {
      seen.done = true;
    });
    const rule = this.#ruleFor(req, target, host) ?? { at: /^/ };
    if (rule.delay !== undefined) await sleep(rule.delay);
    const fill = (text: string): string =>
      text
        .replaceAll('{load}', String(load))
        .replaceAll('{edge}', this.#edge(load))
        .replaceAll('{target}', target)
        .replaceAll('{origin}', String(req.headers.origin ?? ''));
    for (const [name, value] of Object.entries({ ...this.script.headers, ...rule.headers })) {
      if (value === '' && name.toLowerCase() !== 'content-encoding') res.removeHeader(name);
      else res.setHeader(name, fill(value));
    }
    if (req.method === 'OPTIONS') return void res.writeHead(204).end();
    if (rule.redirect !== undefined) return void res.writeHead(302, { Location: fill(rule.redirect) }).end();
    const body = rule.body === undefined ? this.#body(path, resource, load, fill) : Buffer.from(rule.body);
    if (rule.status !== undefined) return void res.writeHead(rule.status).end(rule.body);
    if (body === undefined) return void res.writeHead(404).end('there is no such thing');
    const type = TYPES.find(([pattern]) => pattern.test(path))?.[1];
    if (type !== undefined && !res.hasHeader('Content-Type')) res.setHeader('Content-Type', type);
    if (this.script.etags ?? true) {
      const written = this.script.etags === 'written' && this.script.feeds?.[path] ? this.step : '';
      const etag = `"${createHash('sha1').update(body).digest('hex')}${written}"`;
      res.setHeader('ETag', etag);
      if (req.headers['if-none-match'] === etag) return void res.writeHead(304).end();
    }
    send(req, res, body, rule);
  }

  #ruleFor(req: IncomingMessage, target: string, host: number): Rule | undefined {
    return this.script.rules?.find((rule) => {
      if (!applies(rule, target, host, req)) return false;
      const { after = 0, times = Number.POSITIVE_INFINITY } = rule;
      const met = this.#met.get(rule) ?? 0;
      this.#met.set(rule, met + 1);
      return met >= after && met < after + times;
    });
  }

  #loadsOf(path: string): number {
    return this.#counts.get(path) ?? 0;
  }

  #edge(load: number): string {
    return this.origins[load % Math.max(1, this.#served.length)] ?? '';
  }

  #resourceOf(target: string, path: string, range: string | undefined): string {
    if (this.script.feeds?.[path] || this.script.files?.[path] !== undefined) return path;
    for (const feed of Object.values(this.script.feeds ?? {})) {
      if (path === `/${feed.singleFile}`) return this.#segmentAt(range) ?? path;
      const content = contentOf(feed, target, this.step) ?? contentOf(feed, path, this.step);
      if (content) return nameOf(content);
    }
    return path;
  }

  #segmentAt(range = ''): string | undefined {
    const offset = Number(/^bytes=(\d+)-/.exec(range)?.[1] ?? Number.NaN);
    const n = (this.script.media ?? sampleMedia()).findIndex(
      (_, i) => this.#rangeOf({ run: 0, n: i }).offset === offset,
    );
    return n < 0 ? undefined : nameOf({ run: 0, n });
  }

  #body(path: string, resource: string, load: number, fill: (text: string) => string): Uint8Array | undefined {
    const feed = this.script.feeds?.[path];
    if (feed) {
      const text = playlistAt(feed, this.step, load, this.#edge(load), (content) => this.#rangeOf(content));
      return Buffer.from(text);
    }
    const file = this.script.files?.[path];
    if (file !== undefined) return Buffer.from(fill(file));
    const single = Object.values(this.script.feeds ?? {}).some(({ singleFile }) => `/${singleFile}` === path);
    if (single) return Buffer.concat(this.script.media ?? sampleMedia());
    return /^\d+\/\d+$/.test(resource) ? this.bytes(resource) : undefined;
  }

  #rangeOf({ n }: Content): { offset: number; length: number } {
    const media = this.script.media ?? sampleMedia();
    const offset = media.slice(0, n).reduce((sum, { length }) => sum + length, 0);
    return { offset, length: media[n]?.length ?? 0 };
  }
}

function nameOf({ run, n }: Content): string {
  return `${run}/${n}`;
}

function applies({ at, host, unless, when }: Rule, target: string, asked: number, req: IncomingMessage): boolean {
  if (!at.test(target) || (host !== undefined && host !== asked)) return false;
  const has = ([name, value]: readonly [string, RegExp]): boolean => value.test(String(req.headers[name] ?? ''));
  return (unless === undefined || !has(unless)) && (when === undefined || has(when));
}

/** Sends a body, or the range of it that is asked for, as truly as the rule lets it. */
function send(req: IncomingMessage, res: ServerResponse, body: Uint8Array, rule: Rule): void {
  const asked = rule.range === 'ignored' ? undefined : /^bytes=(\d+)-(\d*)$/.exec(req.headers.range ?? '');
  const shift = rule.range === 'shifted' ? 1 : 0;
  const from = Number(asked?.[1] ?? 0) + (asked ? shift : 0);
  const to = asked?.[2] ? Math.min(Number(asked[2]) + shift, body.length - 1) : body.length - 1;
  const part = body.subarray(from, to + 1 + (asked && rule.range === 'longer' ? 100 : 0));
  if (asked) res.setHeader('Content-Range', `bytes ${from}-${to}/${body.length}`);
  res.setHeader('Accept-Ranges', 'bytes');
  if (rule.length !== 'chunked') res.setHeader('Content-Length', part.length + (rule.length ?? 0));
  const short = rule.sends !== undefined || (typeof rule.length === 'number' && rule.length > 0);
  if (short) res.setHeader('Connection', 'close');
  res.writeHead(asked ? 206 : 200);
  if (req.method === 'HEAD') return void res.end();
  if (!short) return void res.end(part);
  res.write(part.subarray(0, Math.floor(part.length * (rule.sends ?? 1))), () => res.socket?.end());
}
