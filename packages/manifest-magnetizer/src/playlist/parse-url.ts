/** A URL, or undefined where it is none. `URL.canParse` and `URL.parse` are newer than the browsers that pages run in. */
export function parseUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}
