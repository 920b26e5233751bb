/** What servers write as Content-Encoding though nothing is encoded: character sets, an upload's framing, nothing at all. */
const NONE = new Set(['', 'identity', 'none', 'utf-8', 'utf8', 'aws-chunked', 'binary', 'x-identity']);

/** The codings of a body (RFC 9110 §8.4), lower case, in the order in which they were applied; none where the bytes are as they are. */
export function contentCodings(header: string | readonly string[] | null | undefined): string[] {
  return String(header ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => !NONE.has(coding));
}
