import { type IncomingMessage, request } from 'node:http';
import { PLAYER } from './scripted-upstream.js';

/** What came of one request. */
export interface Outcome {
  /** 0 where the answer broke off, or none came. */
  readonly status: number;
  readonly type: string | undefined;
  /** Whether a cache may give it for a while, by Cache-Control. */
  readonly cached: boolean;
  readonly bytes: Buffer;
  /** Empty where it is too long for a playlist. */
  readonly text: string;
  /** After redirects. */
  readonly url: string;
}

const MAX_REDIRECTS = 5;
/** Longer answers are no playlists, bytes. */
const MAX_TEXT = 16 * 1024 * 1024;

/** Loads as a player does. Not by `fetch`, which takes some answers that break off for complete ones. */
export async function load(url: string, headers: Record<string, string> = {}): Promise<Outcome> {
  let at = url;
  try {
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const { status, type, cached, location, bytes } = await get(at, headers);
      if (status < 300 || status > 399 || location === undefined) {
        return { status, type, cached, bytes, text: bytes.length < MAX_TEXT ? bytes.toString() : '', url: at };
      }
      at = new URL(location, at).href;
    }
  } catch {
    // Told by status 0.
  }
  return { status: 0, type: undefined, cached: false, bytes: Buffer.alloc(0), text: '', url: at };
}

interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly cached: boolean;
  readonly location: string | undefined;
  readonly bytes: Buffer;
}

function get(url: string, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(30_000);
    let answer: IncomingMessage | undefined;
    const failed = (error: Error): void => {
      // Bytes beyond Content-Length are nobody's, and not the answer's.
      if (!answer?.complete) reject(error);
    };
    request(url, { headers: { ...PLAYER, ...headers }, agent: false, signal }, (response) => {
      answer = response;
      const chunks: Buffer[] = [];
      response.on('error', failed);
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { 'content-type': type, location } = response.headers;
        const cached = /max-age=[1-9]/.test(response.headers['cache-control'] ?? '');
        if (!response.complete) reject(new Error('broken off'));
        else resolve({ status: response.statusCode ?? 0, type, cached, location, bytes: Buffer.concat(chunks) });
      });
    })
      .on('error', failed)
      .end();
  });
}
