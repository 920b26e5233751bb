/** The URL as the table of segments has it, normalized and without fragment; `undefined` for what is none. */
export function absoluteUrl(url: string): string | undefined {
  try {
    const absolute = new URL(url);
    absolute.hash = '';
    return absolute.href;
  } catch {
    return undefined;
  }
}
