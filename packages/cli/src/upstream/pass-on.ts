import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CountSent } from '../http/send.js';
import { addVary } from '../http/vary.js';
import type { Exchange } from '../source.js';
import type { HttpClient, ViewerCredentials } from './http-client.js';
import { bodyChunks, fetchUpstream } from './upstream-fetch.js';

/** Headers of a viewer's request that go on to the upstream. */
const ASKED = ['range', 'if-range', 'if-none-match', 'if-modified-since'] as const;
/** Headers of the upstream's answer that the viewer gets. */
const ANSWERED = [
  'accept-ranges',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'etag',
  'expires',
  'last-modified',
] as const;

/** Those that are not true of a body that is rewritten. */
const OF_BODY: ReadonlySet<string> = new Set(['accept-ranges', 'content-length', 'etag', 'last-modified']);
/** Longer bodies are not rewritten, bytes. */
const MAX_REWRITTEN = 4 * 1024 * 1024;
/** Content-Types of what may be rewritten. */
const TEXT = /\bjson\b|^text\/plain\b/i;

export interface PassOnOptions {
  readonly client: HttpClient;
  /** What the viewer is to the upstream; undefined: as we are. */
  readonly as: ViewerCredentials | undefined;
  /** What the viewer may keep where the upstream says nothing; undefined: what HTTP has for that. */
  readonly cacheControl?: string | undefined;
  /** Makes another text of a whole one, which came from this URL. Default: all goes on as it comes. */
  readonly rewrite?: (text: string, url: string) => string;
  readonly count: CountSent;
}

/**
 * Asks the upstream for one viewer, and passes its answer on as it comes and as fast as it is taken. Nothing of it is kept.
 * @throws {UpstreamError} before anything is sent, or when it breaks off.
 */
export async function passOn({ req, res }: Exchange, url: string, options: PassOnOptions): Promise<void> {
  const { client, as, cacheControl, rewrite, count } = options;
  const headers: Record<string, string> = {};
  for (const name of ASKED) {
    const value = req.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  const gone = new AbortController();
  res.once('close', () => gone.abort(new Error('the viewer has gone')));
  const method = req.method === 'HEAD' ? 'HEAD' : 'GET';
  const answer = await fetchUpstream(client, url, { method, headers, signal: gone.signal, as: as ?? 'us' });
  if (cacheControl !== undefined && answer.header('expires') === undefined)
    res.setHeader('Cache-Control', cacheControl);
  const rewritten =
    answer.status === 200 && TEXT.test(answer.header('content-type') ?? 'text/plain') ? rewrite : undefined;
  for (const name of ANSWERED) {
    if (rewritten && OF_BODY.has(name)) continue;
    const value = answer.header(name);
    if (value !== undefined) res.setHeader(name, value);
  }
  addVary(res, answer.header('vary'));
  res.writeHead(answer.status);
  if (method === 'HEAD' || answer.status === 304 || answer.status === 204) {
    answer.body.destroy();
    res.end();
  } else {
    const chunks = bodyChunks(answer, url);
    await sendChunks(res, rewritten ? rewrittenBody(chunks, (text) => rewritten(text, answer.url)) : chunks, count);
  }
}

/** Sends a body as it comes, and as fast as it is taken. @throws what `chunks` throws; then the connection is cut. */
export async function sendChunks(
  res: Exchange['res'],
  chunks: AsyncIterable<Uint8Array>,
  count: CountSent,
): Promise<void> {
  try {
    await pipeline(Readable.from(chunks, { objectMode: false }), countingSink(res, count));
  } catch (error) {
    if (!(error instanceof ViewerGone)) throw error;
  }
}

/** Nobody is left to tell. */
class ViewerGone extends Error {
  override readonly name = 'ViewerGone';
}

/** Takes the next bytes when the system has taken the last. */
function countingSink(res: Exchange['res'], count: CountSent): Writable {
  const sink = new Writable({
    write(chunk: Uint8Array, _, done) {
      res.write(chunk, (error) => {
        if (!error) count(chunk.length);
        done(error && new ViewerGone(error.message));
      });
    },
    final: (done) => void res.end((error?: Error) => done(error && new ViewerGone(error.message))),
    destroy(error, done) {
      if (!res.writableFinished) res.destroy();
      done(error);
    },
  });
  const end = (): void => {
    if (!res.writableFinished) sink.destroy(new ViewerGone());
  };
  // It may have gone before there was anything to send.
  if (res.closed) end();
  else res.once('close', end);
  return sink;
}

/** The body that `rewrite` makes; one that is too long, as it is. */
async function* rewrittenBody(
  chunks: AsyncIterable<Uint8Array>,
  rewrite: (text: string) => string,
): AsyncGenerator<Uint8Array> {
  const held: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    held.push(chunk);
    if (length > MAX_REWRITTEN) yield* held.splice(0);
  }
  const body = Buffer.concat(held);
  const text = body.toString();
  const made = length > MAX_REWRITTEN ? text : rewrite(text);
  // What is no text stays as it is, byte for byte.
  const sent = made === text ? body : Buffer.from(made);
  if (sent.length > 0) yield sent;
}
