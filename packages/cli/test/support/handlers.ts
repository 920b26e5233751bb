import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from '../../../../harness/serve.mjs';
import { runCli } from '../../../../test/support/run-cli.js';
import { createServer } from '../../src/create-server.js';
import { parseOptions } from '../../src/options.js';

const closing: (() => Promise<unknown>)[] = [];

/** Ends what this file started; for `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const close of closing.splice(0).reverse()) await close();
}

export type Handler = (req: IncomingMessage, res: ServerResponse) => void;

export interface Asked {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/** A server that answers by path, without the query; its URL ends in a slash. */
export interface HandledUpstream {
  readonly url: string;
  readonly asked: Asked[];
  readonly handlers: Record<string, Handler | string>;
  /** The requests for a path. */
  of(path: string): Asked[];
}

/** @param otherwise answers paths that no handler has */
export async function upstreamWith(
  handlers: Record<string, Handler | string>,
  otherwise: Handler = (_, res) => void res.writeHead(404).end(),
): Promise<HandledUpstream> {
  const asked: Asked[] = [];
  const server = createHttpServer((req, res) => {
    const { method = '', url = '', headers } = req;
    asked.push({ method, path: url, headers });
    const handler = handlers[url.replace(/\?.*/s, '')] ?? otherwise;
    if (typeof handler === 'function') handler(req, res);
    else res.end(handler);
  });
  const port = await listen(server);
  closing.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${port}/`;
  return { url, asked, handlers, of: (path) => asked.filter((each) => each.path.replace(/\?.*/s, '') === path) };
}

/** The command line's server. */
export interface ServedFeed {
  /** Ends in a slash. */
  readonly url: string;
  readonly warnings: readonly string[];
  playlist(headers?: Record<string, string>): Promise<string>;
  /** What a URI of a playlist leads to. */
  get(uri: string, init?: RequestInit): Promise<Response>;
}

export async function serve(
  upstream: string,
  flags: readonly string[] = [],
  clock?: () => number,
): Promise<ServedFeed> {
  const options = parseOptions(['-u', upstream, '-p', '0', ...flags]);
  if (typeof options === 'string') throw new Error(options);
  const warnings: string[] = [];
  const log = { info: () => {}, warn: (line: string) => void warnings.push(line), manifest: () => {} };
  const server = await createServer(options, log, clock);
  closing.push(() => server.close());
  await server.listen();
  const { url } = server;
  return {
    url,
    warnings,
    playlist: async (headers = {}) => (await fetch(`${url}manifest.m3u8`, { headers })).text(),
    get: (uri, init) => fetch(new URL(uri, url), init),
  };
}

/** Runs the command itself, until `use` is done with its URL; everything that it printed. */
export async function outputOf(argv: readonly string[], use: (url: string) => Promise<void>): Promise<string> {
  const cli = runCli(argv);
  const origin = await cli.origin();
  if (origin !== undefined) await use(`${origin}/`);
  await cli.stop();
  return cli.output();
}

/** The URI lines of a playlist. */
export const uris = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

/** A Media Playlist of these lines. */
export const media = (lines: string): string => `#EXTM3U\n#EXT-X-TARGETDURATION:2\n${lines}`;

export async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 10));
}
