import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { contentCodings } from '../http/content-codings.js';

const DECODERS: Record<string, () => Transform> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * Reads a body to its end, decoded. The bound holds for what comes out of the decoder, so that a small body cannot become a large one.
 * @throws {RangeError} for more than `maxLength` bytes
 * @throws {TypeError} for a Content-Encoding that is not known
 */
export async function readBody(
  body: Readable,
  encoding: string | string[] | undefined,
  maxLength: number,
): Promise<Uint8Array> {
  const decoders = contentCodings(encoding)
    .reverse()
    .map((coding) => {
      const decoder = DECODERS[coding];
      if (!decoder) throw new TypeError(`Content-Encoding: ${coding}`);
      return decoder();
    });
  const chunks: Uint8Array[] = [];
  let length = 0;
  const decoded = decoders.length > 0 ? pipeline([body, ...decoders], ended) : body;
  for await (const chunk of decoded as Readable & AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxLength) {
      body.destroy();
      throw new RangeError(`a body of more than ${maxLength} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** The error reaches whoever reads the last stream of the pipeline. */
function ended(): void {}
