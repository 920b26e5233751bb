import { isOurs } from './comment-lines.js';
import { isPlaylistText } from './is-playlist.js';
import { MAX_PLAYLIST_LENGTH } from './limits.js';
import { scanLines } from './lines.js';
import { fromWorkingText, type Playlist, type Same, toWorkingText } from './text.js';
import { type UriPlace, UriScanner } from './uri-scanner.js';
import type { VariableContext } from './variables.js';

/** A URI in a playlist. */
export interface UriReference {
  /** The URI, variables substituted. */
  readonly uri: string;
  /**
   * The tag that it belongs to, without `#`: `EXTINF` for a segment's URI line, `EXT-X-STREAM-INF` for that of a Media Playlist, empty for one
   * of which nothing tells what it is; else the tag that has it as an attribute or value.
   */
  readonly tag: string;
  /** The attribute that has it. */
  readonly attribute?: string;
}

/** What to write instead of a URI; undefined to leave it. Characters that a URI cannot have are percent-encoded. */
export type RewriteUri = (reference: UriReference) => string | undefined;

/**
 * Writes other URIs into a Media or Multivariant Playlist, as a proxy must: into URI lines with their tags or without, into the attributes
 * URI, SERVER-URI, X-ASSET-URI and X-ASSET-LIST of any tag, into others that are named so (`X-AD-URL`) if the value has the form
 * of a URI, and into tags that are one (`#EXT-X-PREFETCH:`). Every other byte goes out as it came in, and lines of the magnetizer are removed.
 * URIs with variables to be imported that are not known stay, and what is no playlist (`isPlaylist`) comes back unchanged.
 *
 * It knows no limits of length and takes linear time. For text that does not fit into memory there is `createUriRewriter`.
 */
export function rewriteUris<T extends Playlist>(
  playlist: T,
  rewrite: RewriteUri,
  context: VariableContext = {},
): Same<T> {
  const text = toWorkingText(playlist);
  if (!isPlaylistText(text)) return fromWorkingText(text, playlist);
  return fromWorkingText(new Rewriter(playlist, rewrite, context).rewrite(text), playlist);
}

/** Rewrites a playlist that comes in parts. */
export interface UriRewriter {
  /** @returns what is complete so far; it may be empty */
  push(chunk: Uint8Array): Uint8Array;
  /** @returns the rest */
  end(): Uint8Array;
}

/**
 * `rewriteUris` for bytes that are known to be a playlist's and come in parts. It holds one line at a time; one of more than 16 MiB
 * passes through as it is.
 */
export function createUriRewriter(rewrite: RewriteUri, context: VariableContext = {}): UriRewriter {
  const rewriter = new Rewriter(NO_BYTES, rewrite, context);
  let held: string[] = [];
  let heldLength = 0;
  let inLongLine = false;
  const take = (): string => {
    const text = held.join('');
    held = [];
    heldLength = 0;
    return text;
  };
  const write = (text: string): Uint8Array => {
    const from = inLongLine ? endOfFirstLine(text) : 0;
    inLongLine = false;
    return fromWorkingText(text.slice(0, from) + rewriter.rewrite(text.slice(from)), NO_BYTES);
  };
  return {
    push(chunk) {
      const text = toWorkingText(chunk);
      const complete = afterLastLine(text);
      const whole = complete === 0 ? '' : take() + text.slice(0, complete);
      held.push(text.slice(complete));
      heldLength += text.length - complete;
      if (whole !== '') return write(whole);
      if (heldLength <= MAX_PLAYLIST_LENGTH) return NO_BYTES;
      inLongLine = true;
      return fromWorkingText(take(), NO_BYTES);
    },
    end: () => write(take()),
  };
}

/** Offset after the first terminator, or after all where there is none. */
function endOfFirstLine(text: string): number {
  return scanLines(text)[0]?.next ?? 0;
}

const NO_BYTES = new Uint8Array();

/** Offset after the last terminator of which the whole is there: a CR at the end may be followed by LF. */
function afterLastLine(text: string): number {
  let at = text.length;
  while (at > 0 && text[at - 1] !== '\n' && (text[at - 1] !== '\r' || at === text.length || text[at] === '\r')) at--;
  return at;
}

class Rewriter {
  readonly #rewrite: RewriteUri;
  readonly #scanner: UriScanner;
  #begun = false;

  constructor(playlist: Playlist, rewrite: RewriteUri, context: VariableContext) {
    this.#rewrite = rewrite;
    this.#scanner = new UriScanner(playlist, context);
  }

  /** @param text whole lines, those that follow the ones before */
  rewrite(text: string): string {
    const parts: string[] = [];
    let written = 0;
    const replace = (start: number, end: number, other: string): void => {
      parts.push(text.slice(written, start), other);
      written = end;
    };
    // A byte order mark in the middle of a playlist is none.
    const lines = this.#begun ? scanLines(text, 0) : scanLines(text);
    this.#begun ||= text !== '';
    for (const line of lines) {
      if (isOurs(text, line)) {
        replace(line.start, line.next, '');
        continue;
      }
      for (const place of this.#scanner.places(text, line)) {
        const other = this.#replacement(text, place);
        if (other !== undefined) replace(place.start, place.end, other);
      }
    }
    return parts.length === 0 ? text : parts.join('') + text.slice(written);
  }

  #replacement(text: string, place: UriPlace): string | undefined {
    const { tag, attribute } = place;
    const uri = this.#scanner.meaningOf(text, place);
    if (uri === undefined) return undefined;
    const other = this.#rewrite({ uri, tag, ...(attribute ? { attribute: attribute.name } : {}) });
    if (other === undefined) return undefined;
    const encoded = encodeUri(other);
    return attribute?.quoted === false && encoded.includes(',') ? `"${encoded}"` : encoded;
  }
}

function encodeUri(uri: string): string {
  return uri.replace(/[^\x21-\x7e]+|"/g, (part) =>
    part === '"' ? '%22' : encodeURIComponent(part.replace(/\p{Surrogate}/gu, '\ufffd')),
  );
}
