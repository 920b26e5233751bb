import { type Attribute, attribute, parseAttributes } from './attributes.js';
import type { Line } from './lines.js';
import { meaningOf, type Playlist } from './text.js';
import { carriesUri, isUriTag, withoutSingleQuotes } from './uri-attributes.js';
import { define, substituteKnown, type VariableContext } from './variables.js';
import { readLine } from './written-line.js';

/** Where a URI stands in a working text, as it is written there. */
export interface UriPlace {
  readonly start: number;
  readonly end: number;
  /** See `UriReference`. */
  readonly tag: string;
  readonly attribute?: Attribute;
}

/** Tags of which one is enough to know what playlist it is, and so what a URI line without a tag is. */
const MEDIA = new Set(['#EXTINF', '#EXT-X-TARGETDURATION']);
const VARIANT = '#EXT-X-STREAM-INF';

/** Finds the URIs of a playlist, line by line; the lines have to come in their order. */
export class UriScanner {
  readonly #playlist: Playlist;
  readonly #context: VariableContext;
  readonly #variables = new Map<string, string>();
  readonly #unknown = new Set<string>();
  /** Of the URI line that comes next. */
  #pending = '';
  /** Of URI lines that have no tag of their own. */
  #usual = '';

  constructor(playlist: Playlist, context: VariableContext) {
    this.#playlist = playlist;
    this.#context = context;
  }

  /**
   * A URI as a player means it, with the variables of the lines so far. Undefined where it has one that is to be imported from a Multivariant
   * Playlist which is not known here: the player may know it. Others without a value stay as they are written, as players take them.
   */
  meaningOf(text: string, { start, end }: UriPlace): string | undefined {
    const uri = meaningOf(text.slice(start, end), this.#playlist);
    if (!uri.includes('{$')) return uri;
    if ([...this.#unknown].some((name) => uri.includes(`{$${name}}`))) return undefined;
    return substituteKnown(uri, this.#variables);
  }

  /** The URIs of the next line. */
  places(text: string, line: Line): UriPlace[] {
    const written = meaningOf(text.slice(line.start, line.end), this.#playlist);
    const { content, tag, value } = readLine(written);
    if (content === '') return [];
    const start = line.start + this.#width(written.slice(0, written.length - written.trimStart().length));
    const end = line.end - this.#width(written.slice(written.trimEnd().length));
    if (!content.startsWith('#')) {
      const place = { start, end, tag: this.#pending || this.#usual };
      this.#pending = '';
      return [place];
    }
    if (tag !== '') return this.#ofTag(text, tag, start + value, end);
    // hls.js reads these tags wherever they stand in a line.
    const inside = text.slice(start, end).search(/#EXT-X-(?:MEDIA|STREAM-INF|I-FRAME-STREAM-INF|CONTENT-STEERING):/);
    return inside < 0 ? [] : this.places(text, { start: start + inside, end, next: line.next });
  }

  /** How long blanks are in the working text. */
  #width(blanks: string): number {
    return blanks === '' || typeof this.#playlist === 'string'
      ? blanks.length
      : new TextEncoder().encode(blanks).length;
  }

  #ofTag(text: string, tag: string, value: number, end: number): UriPlace[] {
    const name = tag.slice(1);
    if (MEDIA.has(tag)) this.#usual = 'EXTINF';
    if (tag === '#EXTINF') {
      this.#pending = name;
      return [];
    }
    if (tag === VARIANT) {
      this.#usual ||= name;
      this.#pending ||= name;
    }
    if (isUriTag(tag)) return value < end ? [{ start: value, end, tag: name }] : [];
    const list = text.slice(value, end);
    if (tag === '#EXT-X-DEFINE') {
      const attributes = meaningOf(list, this.#playlist);
      const problem = define(this.#variables, attributes, this.#context);
      const imported = attribute(parseAttributes(attributes), 'IMPORT');
      if (problem !== undefined && imported !== undefined) this.#unknown.add(imported);
      return [];
    }
    return parseAttributes(list)
      .map(withoutSingleQuotes)
      .filter(carriesUri)
      .map((attribute) => {
        const at = value + attribute.offset;
        return { start: at, end: at + attribute.value.length, tag: name, attribute };
      });
  }
}
