import { type PageMessage, type Posted, post, TABLE_LIMIT, URL_LIMIT } from '@live-torrent/sw-proxy/protocol';

/** Makes the messages that keep the worker's copy of a loader's segment table up to date. */
export class TableFeed {
  readonly #source: string;
  #revision = 0;
  /** What the worker was sent last. */
  #sent: ReadonlySet<string> = new Set();

  /** `source` names the loader among those of its page. */
  constructor(source: string) {
    this.#source = source;
  }

  /** The whole table; of more than `TABLE_LIMIT` URLs the last ones. */
  whole(urls: readonly string[]): Posted<PageMessage> {
    this.#sent = bounded(urls);
    this.#revision += 1;
    return post({ type: 'table', source: this.#source, revision: this.#revision, urls: [...this.#sent] });
  }

  /** What changed since the last message; `undefined` if nothing did. */
  change(urls: readonly string[]): Posted<PageMessage> | undefined {
    const before = this.#sent;
    const after = bounded(urls);
    const added = without(after, before);
    // A window of thousands is gone through at each reload.
    const removed = before.size + added.length === after.size ? [] : without(before, after);
    if (added.length === 0 && removed.length === 0) return undefined;
    this.#sent = after;
    this.#revision += 1;
    return post({ type: 'table-update', source: this.#source, revision: this.#revision, added, removed });
  }
}

function without(urls: ReadonlySet<string>, others: ReadonlySet<string>): string[] {
  const rest: string[] = [];
  for (const url of urls) if (!others.has(url)) rest.push(url);
  return rest;
}

const bounded = (urls: readonly string[]): ReadonlySet<string> =>
  new Set(urls.filter((url) => url.length <= URL_LIMIT).slice(-TABLE_LIMIT));
