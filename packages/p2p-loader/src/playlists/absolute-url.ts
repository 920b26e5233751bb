/** The URL as segments and playlists are known by, normalized and without fragment; `undefined` for what is none. */
export function absoluteUrl(url: string, base?: string): string | undefined {
  try {
    const absolute = new URL(url, base);
    absolute.hash = '';
    return absolute.href;
  } catch {
    return undefined;
  }
}
