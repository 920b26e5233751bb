import { pipeline, type Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { contentCodings } from '@live-torrent/manifest-magnetizer/node';

const DECODERS = { gzip: createGunzip, 'x-gzip': createGunzip, deflate: createInflate, br: createBrotliDecompress };
/** How many times its length a body may decode to. Playlists compress to a thirtieth. */
const MAX_RATIO = 200;
/** So much may come of any body, bytes. */
const FREE = 1024 * 1024;
/** Codings of one body. */
const MAX_CODINGS = 3;

/** A body decoded, with a bound for what comes of how little; undefined where it goes as it is. */
export function decodedBody(body: Readable, codings: string): Readable | undefined {
  const names = contentCodings(codings);
  if (names.length === 0 || names.length > MAX_CODINGS || !names.every((name) => name in DECODERS)) return undefined;
  let received = 0;
  let length = 0;
  const count = new Transform({
    transform(chunk: Uint8Array, _, done) {
      received += chunk.length;
      done(null, chunk);
    },
  });
  const bound = new Transform({
    transform(chunk: Uint8Array, _, done) {
      length += chunk.length;
      const tooMuch = length > FREE && length > received * MAX_RATIO;
      done(tooMuch ? new RangeError(`it decodes to more than ${MAX_RATIO} times its length`) : null, chunk);
    },
  });
  // The last coding was applied last (RFC 9110 §8.4).
  const decoders = names.reverse().map((name) => DECODERS[name as keyof typeof DECODERS]());
  // Errors reach whoever reads the last stream.
  pipeline([body, count, ...decoders, bound], () => {});
  return bound;
}
