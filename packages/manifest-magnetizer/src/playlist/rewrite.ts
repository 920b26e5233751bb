import { parseAttributes } from './attributes.js';
import { stripLines } from './comment-lines.js';
import { parsePlaylist } from './parse.js';
import { fromWorkingText, meaningOf, type Playlist, type Same, toWorkingText } from './text.js';
import { substitute, type VariableContext } from './variables.js';

/** A URI in a playlist. */
export interface UriReference {
  /** The URI, variables substituted. */
  readonly uri: string;
  /** The tag that it belongs to, without `#`: `EXTINF` and `EXT-X-STREAM-INF` for a URI line, else the tag that has it as an attribute. */
  readonly tag: string;
}

/** What to write instead of a URI; undefined to leave it. Characters that a URI cannot have are percent-encoded. */
export type RewriteUri = (reference: UriReference) => string | undefined;

const URI_ATTRIBUTES = new Set(['URI', 'SERVER-URI']);

/**
 * Writes other URIs into a Media or Multivariant Playlist, as a proxy must; every other byte goes out as it came in,
 * and lines of the magnetizer are removed. URIs with undefined variables stay, and what is no playlist comes back unchanged.
 */
export function rewriteUris<T extends Playlist>(
  playlist: T,
  rewrite: RewriteUri,
  context: VariableContext = {},
): Same<T> {
  const text = stripLines(toWorkingText(playlist));
  const { kind, lines, variables } = parsePlaylist(text, playlist, context);
  if (kind === 'unknown') return fromWorkingText(text, playlist);
  let result = '';
  let written = 0;
  let pending = '';
  const replace = (start: number, end: number, tag: string): void => {
    const uri = substitute(meaningOf(text.slice(start, end), playlist), variables);
    const other = uri === undefined || uri === '' ? undefined : rewrite({ uri, tag });
    if (other === undefined) return;
    result += text.slice(written, start) + encodeUri(other);
    written = end;
  };
  for (const { start, end } of lines) {
    const content = text.slice(start, end);
    const uri = content.trim();
    if (content.startsWith('#EXT')) {
      const colon = content.indexOf(':');
      if (colon < 0) continue;
      const tag = content.slice(1, colon);
      if (tag === 'EXTINF' || tag === 'EXT-X-STREAM-INF') pending = tag;
      else {
        for (const { name, value, quoted, offset } of parseAttributes(content.slice(colon + 1))) {
          const at = start + colon + 1 + offset;
          if (quoted && URI_ATTRIBUTES.has(name)) replace(at, at + value.length, tag);
        }
      }
    } else if (uri !== '' && !uri.startsWith('#') && pending !== '') {
      const at = start + content.indexOf(uri);
      replace(at, at + uri.length, pending);
      pending = '';
    }
  }
  return fromWorkingText(result + text.slice(written), playlist);
}

function encodeUri(uri: string): string {
  return uri.replace(/[^\x21-\x7e]+|"/g, (part) =>
    part === '"' ? '%22' : encodeURIComponent(part.replace(/\p{Surrogate}/gu, '\ufffd')),
  );
}
