import type { ParsedPlaylist } from './parse.js';
import { parseUrl } from './parse-url.js';
import type { Playlist } from './text.js';
import { UriScanner } from './uri-scanner.js';

/** Tags of a Multivariant Playlist whose URI is a Media Playlist with segments of its own. */
const RENDITIONS = new Set(['EXT-X-STREAM-INF', 'EXT-X-MEDIA']);

/** The absolute URLs of the Media Playlists that a Multivariant Playlist names (EXT-X-STREAM-INF, EXT-X-MEDIA). */
export function renditionUrls(text: string, playlist: Playlist, { lines }: ParsedPlaylist, baseUrl: string): string[] {
  const urls = new Set<string>();
  const scanner = new UriScanner(playlist, { url: baseUrl });
  for (const line of lines) {
    for (const place of scanner.places(text, line)) {
      if (!RENDITIONS.has(place.tag)) continue;
      const uri = scanner.meaningOf(text, place);
      const url = uri ? parseUrl(uri, baseUrl) : undefined;
      if (!url) continue;
      url.hash = '';
      urls.add(url.href);
    }
  }
  return [...urls];
}
