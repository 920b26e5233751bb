import { errorOf, type PlaylistSyntaxError } from './error.js';
import { parsePlaylist } from './parse.js';
import { type Playlist, toWorkingText } from './text.js';
import type { VariableContext } from './variables.js';

/**
 * The first thing that is wrong with a playlist, for those who would rather know than pass it through; undefined where nothing is.
 * It looks at what the magnetizer needs to understand, not at all of RFC 8216. That a playlist is longer than the magnetizer takes
 * comes before all else.
 */
export function checkPlaylist(playlist: Playlist, context: VariableContext = {}): PlaylistSyntaxError | undefined {
  const text = toWorkingText(playlist);
  return errorOf(text, parsePlaylist(text, playlist, context), playlist);
}
