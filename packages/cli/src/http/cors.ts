import type { IncomingMessage, ServerResponse } from 'node:http';

/** How long a browser may remember a preflight's answer, s. */
const PREFLIGHT_MAX_AGE = 86_400;

/** Fetch Standard §3.2: everything that this server has may be read from any site, its byte ranges included. */
export function allowAnyOrigin(res: ServerResponse): void {
  res.setHeader('Access-Control-Allow-Origin', '*');
  res.setHeader('Access-Control-Expose-Headers', 'Accept-Ranges, Age, Content-Length, Content-Range, Date, ETag');
  res.setHeader('Timing-Allow-Origin', '*');
}

/** Answers a preflight. */
export function sendPreflight(req: IncomingMessage, res: ServerResponse): void {
  const headers = req.headers['access-control-request-headers'];
  res.writeHead(204, {
    'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
    'Access-Control-Allow-Headers': headers ?? 'Range',
    'Access-Control-Max-Age': String(PREFLIGHT_MAX_AGE),
    Vary: 'Access-Control-Request-Headers',
  });
  res.end();
}
