import { pipeline, type Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

const DECODERS = { gzip: createGunzip, 'x-gzip': createGunzip, deflate: createInflate, br: createBrotliDecompress };
/** How many times its length a body may decode to. Playlists compress to a thirtieth. */
const MAX_RATIO = 200;
/** So much may come of any body, bytes. */
const FREE = 1024 * 1024;

/** A body decoded, with a bound for what comes of how little; undefined for a coding that is not known, or none. */
export function decodedBody(body: Readable, coding: string): Readable | undefined {
  const name = coding.toLowerCase();
  if (!(name in DECODERS)) return undefined;
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
  // Errors reach whoever reads the last stream.
  return pipeline(body, count, DECODERS[name as keyof typeof DECODERS](), bound, () => {});
}
