import type { IncomingMessage, ServerResponse } from 'node:http';
import { hostnameOf, isSameSite } from './same-site.js';
import { addVary } from './vary.js';

/** How long a browser may remember a preflight's answer, s. */
const PREFLIGHT_MAX_AGE = 86_400;
/** Schemes for which browsers ask their user, and which they then send by themselves. */
const BY_THEMSELVES = /^(?:basic|digest|negotiate|ntlm)\b/i;

/**
 * Fetch Standard §3.2: everything that this server has may be read from any site, its byte ranges included; with `withCredentials`, too,
 * since it is the same for everybody. Where the browser has sent a cookie or a password by itself, it may be another's answer: something in
 * front of this server may have asked for them. That is for pages of this site only.
 */
export function allowAnyOrigin(req: IncomingMessage, res: ServerResponse): void {
  const { origin, host = '' } = req.headers;
  const readable =
    origin !== undefined && (!tellsWho(req) || isSameSite(hostnameOf(origin), hostnameOf(`http://${host}`)));
  addVary(res, 'Origin');
  res.setHeader('Access-Control-Allow-Origin', readable ? origin : '*');
  if (readable) res.setHeader('Access-Control-Allow-Credentials', 'true');
  res.setHeader('Access-Control-Expose-Headers', 'Accept-Ranges, Age, Content-Length, Content-Range, Date, ETag');
  res.setHeader('Timing-Allow-Origin', '*');
}

/** For this server's own pages only. */
export function allowNoOrigin(res: ServerResponse): void {
  res.removeHeader('Access-Control-Allow-Origin');
  res.removeHeader('Access-Control-Allow-Credentials');
}

/** Answers a preflight. */
export function sendPreflight(req: IncomingMessage, res: ServerResponse): void {
  const headers = req.headers['access-control-request-headers'];
  addVary(res, 'Access-Control-Request-Headers');
  res.writeHead(204, {
    'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
    'Access-Control-Allow-Headers': headers ?? 'Range',
    'Access-Control-Max-Age': String(PREFLIGHT_MAX_AGE),
  });
  res.end();
}

/**
 * Whether a request from a page of another origin may have been made `withCredentials`: by what the browser has added, or by
 * Sec-Fetch-Storage-Access, which comes with such requests to another site. Of a page of the same site nothing shows it.
 */
export function hasCredentialsMode(req: IncomingMessage, ownOrigin: string): boolean {
  const { origin } = req.headers;
  if (origin === undefined || origin === ownOrigin) return false;
  if (isSameSite(hostnameOf(origin), hostnameOf(ownOrigin))) return true;
  return tellsWho(req) || req.headers['sec-fetch-storage-access'] !== undefined;
}

/** Whether the value of Authorization is one that browsers send by themselves, once their user has signed in. */
export function isSentByBrowsers(authorization: string): boolean {
  return BY_THEMSELVES.test(authorization);
}

/** Whether the browser has added what tells its user from others. */
function tellsWho({ headers }: IncomingMessage): boolean {
  return headers.cookie !== undefined || isSentByBrowsers(headers.authorization ?? '');
}
