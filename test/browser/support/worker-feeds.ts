import { join } from 'node:path';
import { vodFeed } from './media.js';

/** A folder of a minute in segments of a second. */
export function shortSegments(kbps: number): string {
  const rendition = { name: 'low', width: 320, height: 180, kbps };
  return join(vodFeed({ renditions: [rendition], segmentSeconds: 1, seconds: 60 }), 'low');
}

/** A folder of six segments of 20 s and more than 3 MB each. */
export function longSegments(): string {
  const rendition = { name: 'low', width: 320, height: 180, kbps: 1500 };
  return join(vodFeed({ renditions: [rendition], segmentSeconds: 20, seconds: 120 }), 'low');
}
