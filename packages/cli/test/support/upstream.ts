import { createServer } from 'node:http';
import { listen } from '../../../../harness/serve.mjs';

/** An HTTP server with files in memory, and a record of what it was asked for. */
export interface Upstream {
  readonly url: string;
  readonly files: Map<string, Uint8Array>;
  readonly redirects: Map<string, string>;
  readonly requests: { readonly method: string; readonly path: string; readonly ranged: boolean }[];
  /** When it is set, every answer has it. */
  status: number | undefined;
  close(): Promise<void>;
}

/** @param cors Whether its files may be read from any site. */
export async function startUpstream(cors: boolean): Promise<Upstream> {
  const server = createServer((req, res) => {
    const path = new URL(req.url ?? '/', 'http://x').pathname;
    upstream.requests.push({ method: req.method ?? '', path, ranged: req.headers.range !== undefined });
    if (cors) res.setHeader('Access-Control-Allow-Origin', '*');
    const redirect = upstream.redirects.get(path);
    const file = upstream.files.get(path);
    const status = upstream.status ?? (redirect ? 302 : file ? 200 : 404);
    if (redirect) res.setHeader('Location', redirect);
    if (file) res.setHeader('ETag', `"${file.length}"`);
    res.writeHead(status);
    res.end(status === 200 ? file : undefined);
  });
  const port = await listen(server);
  const upstream: Upstream = {
    url: `http://127.0.0.1:${port}/`,
    files: new Map(),
    redirects: new Map(),
    requests: [],
    status: undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return upstream;
}
