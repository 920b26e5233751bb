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

/** Writes a live playlist, `manifest.m3u8`, and its segments into a folder. Resolves to what stops it. */
export function encode(folder: string, { duration, window, kept, bytes }: EncoderOptions): () => void {
  let next = 0;
  const write = (): void => {
    writeFileSync(join(folder, `${next}.ts`), bytes(next));
    next += 1;
    const first = Math.max(0, next - window);
    const entries = Array.from({ length: next - first }, (_, i) => `#EXTINF:${duration / 1_000},\n${first + i}.ts\n`);
    const head = `#EXTM3U\n#EXT-X-TARGETDURATION:${Math.ceil(duration / 1_000)}\n#EXT-X-MEDIA-SEQUENCE:${first}\n`;
    writeFileSync(join(folder, 'live.tmp'), `${head}${entries.join('')}`);
    renameSync(join(folder, 'live.tmp'), join(folder, 'manifest.m3u8'));
    rmSync(join(folder, `${next - kept}.ts`), { force: true });
  };
  while (next < window) write();
  const begun = Date.now() - duration * next;
  const timer = setInterval(() => {
    while (Date.now() - begun > duration * (next + 1)) write();
  }, duration / 4);
  return () => clearInterval(timer);
}
