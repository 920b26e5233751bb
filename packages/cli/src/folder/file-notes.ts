import { join } from 'node:path';
import { LRUCache } from '../vendor/lru-cache.js';
import { seriesKey } from './series.js';

/** Lines that are remembered, and series. */
const MAX_REMEMBERED = 1000;
/** Files of one series that are named for the same thing wrong with them. */
const MAX_ALIKE = 3;

/** What is said of files that cannot be used: of each once, of many like it with the first few. */
export class FileNotes {
  readonly #said = new LRUCache<string, true>({ max: MAX_REMEMBERED });
  /** How many files of one series had the same thing wrong. */
  readonly #alike = new LRUCache<string, number>({ max: MAX_REMEMBERED });
  /** Whether something was wrong with a file. */
  any = false;

  constructor(
    private readonly folder: string,
    private readonly warn: (line: string) => void,
  ) {}

  once({ name }: { readonly name: string }, text: string): void {
    const line = `${join(this.folder, name)}: ${text}`;
    if (this.#said.has(line)) return;
    this.#said.set(line, true);
    const like = `${seriesKey(name)} ${text.replaceAll(name, '').replace(/\d+/g, '')}`;
    const count = (this.#alike.get(like) ?? 0) + 1;
    this.#alike.set(like, count);
    if (count > MAX_ALIKE) return;
    this.any = true;
    this.warn(count < MAX_ALIKE ? line : `${line} (more like it are not named)`);
  }
}
