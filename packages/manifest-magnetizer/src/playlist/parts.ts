import { attribute, parseAttributes } from './attributes.js';
import { PART_PREFIX } from './comment-lines.js';
import { decimal } from './decimal.js';
import { scanLines } from './lines.js';
import { parseUrl } from './parse-url.js';
import type { ByteRange } from './segment.js';
import { define, substitute, type VariableContext } from './variables.js';
import { readLine } from './written-line.js';

/** A Partial Segment (draft-pantos-hls-rfc8216bis §4.4.4.9). */
export interface PartialSegment {
  /** The absolute URL without fragment, where it can be told. */
  readonly url: string | undefined;
  readonly byteRange: ByteRange | undefined;
  /** Media Sequence Number of the segment that it is a part of. */
  readonly mediaSequence: number;
  /** Its place among the parts of that one, from 0. */
  readonly index: number;
  /** s. */
  readonly duration: number;
  /** Its length, bytes, where the playlist tells it. */
  readonly length: number | undefined;
  /** Its SHA-1, unpadded base64url (RFC 4648 §5), where the magnetizer has written that. */
  readonly sha1: string | undefined;
}

/** A Partial Segment, and where its tag begins in the playlist. */
export interface WrittenPart extends PartialSegment {
  readonly at: number;
}

const PART = '#EXT-X-PART:';
/** The line of a URI, as players take it. */
const URI_LINE = /^[^\S\r\n]*[^\s#]/gm;

/**
 * The Partial Segments of a Media Playlist, in their order; none where it lists none. GAP parts are left out. Never throws.
 * @param url the playlist's, after redirects
 */
export function readParts(text: string, url?: string, context: VariableContext = { url }): WrittenPart[] {
  const from = text.indexOf(PART);
  if (from < 0) return [];
  const head = text.slice(0, from);
  const variables = new Map<string, string>();
  for (const [, list = ''] of head.matchAll(/^#EXT-X-DEFINE:(.*)/gm)) define(variables, list, context);
  const number = (pattern: RegExp): number => decimal(pattern.exec(head)?.[1] ?? '') ?? 0;
  let mediaSequence =
    number(/^#EXT-X-MEDIA-SEQUENCE:(.*)/m) +
    number(/^#EXT-X-SKIP:(?:.*,)?\s*SKIPPED-SEGMENTS=(\d+)/m) +
    (head.match(URI_LINE)?.length ?? 0);
  const ends = new Map<string, number>();
  const parts: WrittenPart[] = [];
  /** What the line before says of a part. */
  let ours = head.match(/###part:([^\r\n]*)[\r\n]*$/)?.[1];
  let index = 0;
  for (const { start, end } of scanLines(text, from)) {
    const { content, tag, value } = readLine(text.slice(start, end));
    if (content !== '' && !content.startsWith('#')) {
      mediaSequence++;
      index = 0;
    }
    const said = ours;
    ours = content.startsWith(PART_PREFIX) ? content.slice(PART_PREFIX.length) : undefined;
    if (tag !== '#EXT-X-PART') continue;
    const attributes = parseAttributes(content.slice(value));
    const uri = substitute(attribute(attributes, 'URI') ?? '', variables);
    const absolute = uri ? parseUrl(uri, url) : undefined;
    if (absolute?.hash) absolute.hash = '';
    const [, length, offset] = /^(\d{1,15})(?:@(\d{1,15}))?$/.exec(attribute(attributes, 'BYTERANGE') ?? '') ?? [];
    const key = absolute?.href ?? '';
    const byteRange =
      length === undefined
        ? undefined
        : { offset: offset === undefined ? (ends.get(key) ?? 0) : Number(offset), length: Number(length) };
    if (byteRange) ends.set(key, byteRange.offset + byteRange.length);
    const duration = Number(attribute(attributes, 'DURATION')) || 0;
    if (attribute(attributes, 'GAP') !== 'YES')
      parts.push({
        url: absolute?.href,
        byteRange,
        mediaSequence,
        index,
        duration,
        at: start,
        ...readLineOf(said, byteRange),
      });
    index++;
  }
  return parts;
}

/** What the magnetizer's line says of a part. */
function readLineOf(said: string | undefined, range: ByteRange | undefined): Pick<PartialSegment, 'length' | 'sha1'> {
  const [, length, sha1] = /^(\d{0,15})(?:\.([\w-]{27}))?$/.exec(said ?? '') ?? [];
  return { length: range?.length ?? (Number(length) || undefined), sha1 };
}

/**
 * The line before a part's tag.
 * @param sha1 unpadded base64url; undefined: the length alone
 */
export const partLine = (length: number, sha1: string | undefined, range: ByteRange | undefined): string | undefined =>
  range && sha1 === undefined
    ? undefined
    : `${PART_PREFIX}${range ? '' : length}${sha1 === undefined ? '' : `.${sha1}`}`;
