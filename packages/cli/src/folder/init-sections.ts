import { seriesKey } from './series.js';

/** Media Initialization Sections that are kept: encoders that restart write another one, recorders one in each file. */
const MAX_INITS = 64;

/** A Media Initialization Section, RFC 8216 §3.3. */
export interface Init {
  /** The file that holds it. */
  readonly name: string;
  readonly uri: string;
  readonly mtimeMs: number;
  readonly bytes: Uint8Array;
}

/** The Media Initialization Sections of a folder. */
export class InitSections {
  #inits: Init[] = [];

  add(init: Init): void {
    this.#inits = [...this.#inits, init].sort((a, b) => a.mtimeMs - b.mtimeMs).slice(-MAX_INITS);
  }

  byUri(uri: string): Init | undefined {
    return this.#inits.find((init) => init.uri === uri);
  }

  byBytes(bytes: Uint8Array): Init | undefined {
    return this.#inits.find((init) => Buffer.compare(init.bytes, bytes) === 0);
  }

  /** How many different files hold one. */
  get names(): number {
    return new Set(this.#inits.map(({ name }) => name)).size;
  }

  /**
   * The one of a segment: of its folder, with the most words of its name, and of these the newest that was there when the
   * segment was written, or the only one.
   * @param named The file that a playlist names for it.
   */
  for(file: { readonly name: string; readonly mtimeMs: number }, named?: string): Init | undefined {
    const given = this.#inits.filter(({ name }) => name === named);
    const nearest = best(given.length > 0 ? given : this.#inits, ({ name }) =>
      Number(folderOf(name) === folderOf(file.name)),
    );
    const alike = best(nearest, ({ name }) => wordsInCommon(name, file.name));
    return alike.filter(({ mtimeMs }) => mtimeMs <= file.mtimeMs).at(-1) ?? alike[0];
  }
}

function best(inits: readonly Init[], score: (init: Init) => number): readonly Init[] {
  const scores = inits.map(score);
  const most = Math.max(...scores);
  return inits.filter((_, i) => scores[i] === most);
}

function folderOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/') + 1);
}

/** `init-stream0.m4s` and `chunk-stream0-00001.m4s` have one: numbers that count segments are none. */
function wordsInCommon(init: string, segment: string): number {
  const wanted = new Set(words(seriesKey(segment)));
  return words(init).filter((word) => wanted.has(word)).length;
}

function words(name: string): string[] {
  const stem = name.slice(name.lastIndexOf('/') + 1).replace(/\.\w+$/, '');
  return stem.split(/[^a-z0-9]+/i).filter((word) => word !== '');
}
