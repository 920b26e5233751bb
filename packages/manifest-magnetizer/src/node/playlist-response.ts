import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { contentCodings } from '../http/content-codings.js';
import { MAX_PLAYLIST_LENGTH } from '../playlist/limits.js';
import { readBody } from './body.js';

/** Makes the body that goes out of the body that the handler wrote. */
export type TransformBody = (body: Uint8Array) => Promise<Uint8Array>;

type End = ServerResponse['end'];
type Callback = () => void;

/**
 * Holds back the body of a response, lets `transform` make another one of it when it is complete, and sends that.
 * @param wanted asked when the handler has set status and headers: is this a response to hold back?
 * @param send sends the new body, with the headers that depend on it
 * @param failed told why the body could not be decoded or transformed; it goes out as it came
 */
export function interceptResponse(
  res: ServerResponse,
  wanted: () => boolean,
  transform: TransformBody,
  send: (body: Uint8Array) => void,
  failed: (error: unknown) => void,
): void {
  const original = { writeHead: res.writeHead, write: res.write, end: res.end, flushHeaders: res.flushHeaders };
  const chunks: Uint8Array[] = [];
  let length = 0;
  let decided = false;
  let held = false;

  const release = (): void => {
    Object.assign(res, original);
    for (const chunk of chunks.splice(0)) res.write(chunk);
  };
  const decide = (): void => {
    if (decided) return;
    decided = true;
    held = wanted();
    if (!held) release();
  };
  const hold = (chunk: unknown, encoding: unknown): boolean => {
    if (chunk === undefined || chunk === null || typeof chunk === 'function') return true;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, textEncoding(encoding)) : (chunk as Uint8Array);
    chunks.push(Buffer.from(bytes));
    length += bytes.length;
    if (length <= MAX_PLAYLIST_LENGTH) return true;
    release();
    return false;
  };
  const finish = async (): Promise<void> => {
    const body = Buffer.concat(chunks, length);
    const encoding = res.getHeader('content-encoding');
    let sent: Uint8Array = body;
    try {
      sent = await transform(await readBody(Readable.from([body]), encoding?.toString(), MAX_PLAYLIST_LENGTH));
      // What names no coding (`utf-8`) goes out as it came.
      if (contentCodings(encoding?.toString()).length > 0) res.removeHeader('content-encoding');
    } catch (error) {
      failed(error);
    }
    Object.assign(res, original);
    send(sent);
  };

  res.writeHead = ((status: number, ...rest: unknown[]) => {
    res.statusCode = status;
    for (const value of rest) {
      if (typeof value === 'string') res.statusMessage = value;
      else setHeaders(res, value);
    }
    decide();
    return held ? res : original.writeHead.call(res, res.statusCode);
  }) as typeof res.writeHead;
  res.flushHeaders = () => {
    decide();
    if (!held) res.flushHeaders();
  };
  res.write = ((chunk: unknown, encoding?: unknown, callback?: unknown) => {
    decide();
    if (!held) return res.write(chunk as string, encoding as BufferEncoding, callback as Callback);
    hold(chunk, encoding);
    notify(encoding, callback);
    return true;
  }) as typeof res.write;
  res.end = ((chunk?: unknown, encoding?: unknown, callback?: unknown) => {
    decide();
    if (!held || !hold(chunk, encoding)) {
      const rest = held ? [undefined, encoding, callback] : [chunk, encoding, callback];
      return (res.end as (...args: unknown[]) => unknown).apply(res, rest);
    }
    for (const one of [chunk, encoding, callback]) if (typeof one === 'function') res.once('finish', one as Callback);
    void finish();
    return res;
  }) as End;
}

function textEncoding(encoding: unknown): BufferEncoding {
  return typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8';
}

function notify(...candidates: unknown[]): void {
  for (const candidate of candidates) if (typeof candidate === 'function') queueMicrotask(candidate as Callback);
}

/** The header forms that `writeHead` takes: an object, a flat list, a list of pairs. */
function setHeaders(res: ServerResponse, headers: unknown): void {
  if (typeof headers !== 'object' || headers === null) return;
  if (!Array.isArray(headers)) {
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) res.setHeader(name, value);
    return;
  }
  const pairs = Array.isArray(headers[0]) ? (headers as [string, string][]) : pairsOf(headers as string[]);
  const names = new Set<string>();
  for (const [name, value] of pairs) {
    if (names.has(name.toLowerCase())) res.appendHeader(name, value);
    else res.setHeader(name, value);
    names.add(name.toLowerCase());
  }
}

function pairsOf(flat: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) pairs.push([flat[i] as string, flat[i + 1] as string]);
  return pairs;
}
