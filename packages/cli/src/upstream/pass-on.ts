import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorCode } from '../errors.js';
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

export interface PassOnOptions {
  readonly client: HttpClient;
  /** What the viewer is to the upstream; undefined: as we are. */
  readonly as: ViewerCredentials | undefined;
  /** What the viewer may keep where the upstream says nothing; undefined: what HTTP has for that. */
  readonly cacheControl?: string | undefined;
  readonly count: CountSent;
}

/**
 * Asks the upstream for one viewer, and passes its answer on as it comes and as fast as it is taken. Nothing of it is kept.
 * @throws {UpstreamError} before anything is sent, or when it breaks off.
 */
export async function passOn({ req, res }: Exchange, url: string, options: PassOnOptions): Promise<void> {
  const { client, as, cacheControl, count } = options;
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
  for (const name of ANSWERED) {
    const value = answer.header(name);
    if (value !== undefined) res.setHeader(name, value);
  }
  addVary(res, answer.header('vary'));
  res.writeHead(answer.status);
  if (method === 'HEAD' || answer.status === 304 || answer.status === 204) {
    answer.body.destroy();
    res.end();
  } else await sendChunks(res, bodyChunks(answer, url), count);
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
    // The viewer has gone: nobody is left to tell.
    if (errorCode(error) !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

/** Takes the next bytes when the system has taken the last. */
function countingSink(res: Exchange['res'], count: CountSent): Writable {
  const sink = new Writable({
    write(chunk: Uint8Array, _, done) {
      res.write(chunk, (error) => {
        if (!error) count(chunk.length);
        done(error);
      });
    },
    final: (done) => void res.end(done),
    destroy(error, done) {
      if (!res.writableFinished) res.destroy();
      done(error);
    },
  });
  res.once('close', () => {
    if (!res.writableFinished)
      sink.destroy(Object.assign(new Error('the viewer has gone'), { code: 'ERR_STREAM_PREMATURE_CLOSE' }));
  });
  return sink;
}
