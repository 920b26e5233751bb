import { sha1Hex } from '../sha1.js';
import { streamName } from './stream-name.js';

/** The id under which viewers of a stream of this name meet: 40 hex digits. */
export function idOf(name: string): string {
  return sha1Hex(new TextEncoder().encode(name));
}

/**
 * The id of a stream, as it stands in the second line of its playlists: 40 lower-case hex digits.
 * @param stream the URL of its playlist, the name that the option `stream` of the magnetizer gives it, or the id itself
 */
export function streamId(stream: string): string {
  if (/^[0-9a-f]{40}$/i.test(stream)) return stream.toLowerCase();
  return idOf(/^https?:\/\//i.test(stream) && URL.canParse(stream) ? streamName(new URL(stream).href) : stream);
}
