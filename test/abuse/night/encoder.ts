import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface EncoderOptions {
  /** ms. */
  readonly duration: number;
  /** Segments that are listed, and that are there: the slowest client gets what it was told of. */
  readonly window: number;
  readonly kept: number;
  readonly bytes: (n: number) => Buffer;
}

/** The first segment's number. All have as many digits: `express.static` sends a file that another takes the place of in the length that it had. */
const FIRST = 100_000;

/** Writes a live playlist, `manifest.m3u8`, and its segments into a folder. Resolves to what stops it. */
export function encode(folder: string, { duration, window, kept, bytes }: EncoderOptions): () => void {
  let next = FIRST;
  const write = (): void => {
    writeFileSync(join(folder, `${next}.ts`), bytes(next - FIRST));
    next += 1;
    const first = Math.max(FIRST, next - window);
    const entries = Array.from({ length: next - first }, (_, i) => `#EXTINF:${duration / 1_000},\n${first + i}.ts\n`);
    const head = `#EXTM3U\n#EXT-X-TARGETDURATION:${Math.ceil(duration / 1_000)}\n#EXT-X-MEDIA-SEQUENCE:${first}\n`;
    writeFileSync(join(folder, 'live.tmp'), `${head}${entries.join('')}`);
    renameSync(join(folder, 'live.tmp'), join(folder, 'manifest.m3u8'));
    rmSync(join(folder, `${next - kept}.ts`), { force: true });
  };
  while (next < FIRST + window) write();
  const begun = Date.now() - duration * (next - FIRST);
  const timer = setInterval(() => {
    while (Date.now() - begun > duration * (next - FIRST + 1)) write();
  }, duration / 4);
  return () => clearInterval(timer);
}
