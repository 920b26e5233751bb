import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vodFeed } from './media.js';

/** A folder of a minute in segments of a second. */
export function shortSegments(kbps: number): string {
  const rendition = { name: 'low', width: 320, height: 180, kbps };
  return join(vodFeed({ renditions: [rendition], segmentSeconds: 1, seconds: 60 }), 'low');
}

/** A folder of segments that no player could play: `length` bytes each, all different, for requests that a test makes itself. */
export function randomSegments(count: number, length: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'live-torrent-random-'));
  const names = Array.from({ length: count }, (_, n) => `random-${n}.ts`);
  for (const name of names) writeFileSync(join(folder, name), randomBytes(length));
  const entries = names.flatMap((name) => ['#EXTINF:600,', name]);
  const lines = ['#EXTM3U', '#EXT-X-VERSION:3', '#EXT-X-TARGETDURATION:600', ...entries, '#EXT-X-ENDLIST', ''];
  writeFileSync(join(folder, 'index.m3u8'), lines.join('\n'));
  return folder;
}
