import { createHash } from 'node:crypto';
import { shadowStream, streamName } from '@live-torrent/manifest-magnetizer';

/**
 * The ids under which viewers of a stream announce themselves: its own, and that of those who only measure.
 * @param stream the id in the second line of its playlists (40 hex digits), the URL of its playlist, or the name that the magnetizer was given
 *   as `stream`
 */
export function streamIds(stream: string): readonly [id: string, shadow: string] {
  const id = /^[0-9a-f]{40}$/i.test(stream) ? stream.toLowerCase() : sha1(nameOf(stream));
  return [id, shadowStream(id)];
}

function nameOf(stream: string): string {
  return /^https?:\/\//i.test(stream) && URL.canParse(stream) ? streamName(new URL(stream).href) : stream;
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
