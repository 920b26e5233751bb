import type { IncomingMessage, ServerResponse } from 'node:http';
import parseRange from 'range-parser';

/** A representation to send, RFC 9110 §8. */
export interface Representation {
  readonly bytes: Uint8Array;
  readonly type: string;
  /** Cache-Control's value; undefined: nothing is said. */
  readonly cacheControl: string | undefined;
}

/** Told of payload bytes when the system has taken them for the connection: of a viewer that goes away, the rest does not count. */
export type CountSent = (bytes: number) => void;

/** Handed to the connection at a time, bytes: what a viewer did not take is known to within this. */
const PIECE = 256 * 1024;

/** Answers GET and HEAD with `bytes`, or with the one byte range that was asked for (RFC 9110 §14); several ranges get the whole. */
export function sendBytes(
  req: IncomingMessage,
  res: ServerResponse,
  { bytes, type, cacheControl }: Representation,
  count?: CountSent,
): void {
  res.setHeader('Accept-Ranges', 'bytes');
  res.setHeader('Content-Type', type);
  if (cacheControl !== undefined) res.setHeader('Cache-Control', cacheControl);
  const ranges = req.headers.range === undefined ? -2 : parseRange(bytes.length, req.headers.range);
  if (ranges === -1) {
    res.setHeader('Content-Range', `bytes */${bytes.length}`);
    sendText(res, 416, `no such range: ${req.headers.range}`);
    return;
  }
  const range = typeof ranges === 'number' || ranges.type !== 'bytes' || ranges.length !== 1 ? undefined : ranges[0];
  const body = range === undefined ? bytes : bytes.subarray(range.start, range.end + 1);
  if (range !== undefined) res.setHeader('Content-Range', `bytes ${range.start}-${range.end}/${bytes.length}`);
  res.setHeader('Content-Length', body.length);
  res.writeHead(range === undefined ? 200 : 206);
  if (req.method === 'HEAD') res.end();
  else endWith(res, body, count);
}

/** Answers GET with just these bytes. */
export function sendWhole(
  res: ServerResponse,
  status: number,
  { bytes, type, cacheControl }: Representation,
  count?: CountSent,
): void {
  res.setHeader('Accept-Ranges', 'bytes');
  res.setHeader('Content-Type', type);
  if (cacheControl !== undefined) res.setHeader('Cache-Control', cacheControl);
  res.setHeader('Content-Length', bytes.length);
  res.writeHead(status);
  endWith(res, bytes, count);
}

function endWith(res: ServerResponse, body: Uint8Array, count: CountSent = () => {}): void {
  if (body.length <= PIECE) {
    res.end(body, () => count(body.length));
    return;
  }
  res.write(body.subarray(0, PIECE), (error) => {
    if (error) return;
    count(PIECE);
    endWith(res, body.subarray(PIECE), count);
  });
}

/** Answers with one line of text, never cached. */
export function sendText(res: ServerResponse, status: number, text: string): void {
  const body = Buffer.from(`${text}\n`);
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Content-Type', 'text/plain; charset=utf-8');
  res.setHeader('Content-Length', body.length);
  res.writeHead(status);
  res.end(body);
}

/** Answers with JSON, never cached. */
export function sendJson(res: ServerResponse, value: unknown): void {
  const body = Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Content-Type', 'application/json');
  res.setHeader('Content-Length', body.length);
  res.end(body);
}
