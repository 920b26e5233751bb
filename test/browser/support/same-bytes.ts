import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { PlayedSegment } from './probes.js';

/** Every segment below a feed's folder, by the SHA-256 (hex) of its bytes: [rendition's folder, number in its name]. */
function segmentsBySha256(folder: string): Map<string, readonly [string, number]> {
  return new Map(
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
      const [, rendition = '', number] = /^(.*?)[/\\]?segment-(\d+)\./.exec(name) ?? [];
      if (number === undefined) return [];
      const sha256 = createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex');
      return [[sha256, [rendition, Number(number)]] as const];
    }),
  );
}

/**
 * What is wrong with the segments that one player got: bytes that no segment of the feed has, one segment's bytes for
 * another's, one rendition's for another's. Empty when nothing is.
 * @param folder the feed's, whose segments are `segment-<number>`
 */
export function wrongSegments(played: readonly PlayedSegment[], folder: string): string[] {
  const feed = segmentsBySha256(folder);
  let shift: number | undefined;
  const levels = new Map<number, string>();
  return played.flatMap(({ url, sha256, mediaSequence, level }) => {
    const found = feed.get(sha256);
    if (!found) return [`${url}: not the bytes of any segment`];
    const [rendition, number] = found;
    // The feed's numbers and the playlist's run in parallel.
    shift ??= number - mediaSequence;
    const expectedRendition = levels.get(level) ?? rendition;
    levels.set(level, expectedRendition);
    if (number - mediaSequence === shift && rendition === expectedRendition) return [];
    return [`${url} (media sequence ${mediaSequence}): the bytes of ${rendition}/segment-${number}`];
  });
}

/**
 * The URLs of the segments whose bytes are not those of the file of that name.
 * @param folder where the files are, for feeds that loop
 */
export function alteredSegments(played: readonly PlayedSegment[], folder: string): string[] {
  return played
    .filter(({ url, sha256 }) => {
      const bytes = readFileSync(join(folder, basename(new URL(url).pathname)));
      return createHash('sha256').update(bytes).digest('hex') !== sha256;
    })
    .map(({ url }) => url);
}
