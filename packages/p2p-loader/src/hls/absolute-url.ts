/** The URL as the table of segments has it, normalized and without fragment; `undefined` for what is none. */
export function absoluteUrl(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const absolute = new URL(url);
  absolute.hash = '';
  return absolute.href;
}
