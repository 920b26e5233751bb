/** Registered codings of bodies (RFC 9110 §16.6.1), whether browsers know them or not. */
const CODINGS = new Set(['gzip', 'x-gzip', 'deflate', 'br', 'zstd', 'compress', 'x-compress', 'dcb', 'dcz']);

/**
 * The codings of a body (RFC 9110 §8.4), lower case, in the order in which they were applied; none where the bytes are as they are. Servers write
 * character sets, an upload's framing or nothing at all: where one of the names is no coding, Chromium decodes nothing.
 */
export function contentCodings(header: string | readonly string[] | null | undefined): string[] {
  const names = String(header ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.every((name) => CODINGS.has(name)) ? names : [];
}
