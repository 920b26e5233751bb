import { attribute, parseAttributes } from './attributes.js';
import type { ParsedPlaylist } from './parse.js';
import { parseUrl } from './parse-url.js';
import { meaningOf, type Playlist } from './text.js';
import { substitute } from './variables.js';

/** The absolute URLs of the Media Playlists that a Multivariant Playlist names (EXT-X-STREAM-INF, EXT-X-MEDIA). */
export function renditionUrls(text: string, playlist: Playlist, parsed: ParsedPlaylist, baseUrl: string): string[] {
  const urls = new Set<string>();
  const add = (written: string | undefined): void => {
    const uri = written && substitute(meaningOf(written, playlist), parsed.variables);
    const url = uri ? parseUrl(uri, baseUrl) : undefined;
    if (!url) return;
    url.hash = '';
    urls.add(url.href);
  };
  let variant = false;
  for (const { start, end } of parsed.lines) {
    const content = text.slice(start, end).trim();
    if (content.startsWith('#EXT-X-STREAM-INF:')) variant = true;
    else if (content.startsWith('#EXT-X-MEDIA:')) add(attribute(parseAttributes(content.slice(13)), 'URI'));
    else if (variant && content !== '' && !content.startsWith('#')) {
      add(content);
      variant = false;
    }
  }
  return [...urls];
}
