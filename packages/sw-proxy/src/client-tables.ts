import { listedUrl, TABLE_LIMIT } from './protocol.js';

/** Clients remembered; the one that was idle longest goes first. */
export const CLIENT_LIMIT = 64;

/** Loaders of one page. */
export const SOURCE_LIMIT = 8;

/** Segment URLs remembered for all clients together. */
export const URL_COUNT_LIMIT = 100_000;

interface Table {
  revision: number;
  readonly urls: Set<string>;
}

/** A segment that a loader has named. */
export interface NamedSegment {
  /** The loader's name. */
  readonly source: string;
  /** As the loader named it. */
  readonly url: string;
}

/**
 * The segment URLs of each client's loaders, as those clients told them. Only a cache: what is forgotten here, the client
 * is asked again. A client with no table at all is a page without a loader.
 */
export class ClientTables {
  /** By client id, then by the loader's name; least recently used first. */
  readonly #clients = new Map<string, Map<string, Table>>();

  /** Whether anything is known of this client, be it that it has no loader. */
  knows(client: string): boolean {
    return this.#clients.has(client);
  }

  /** The segment that this client's request means: by the very URL, or by that without what the player put into its query. */
  find(client: string, url: string): NamedSegment | undefined {
    const tables = this.#clients.get(client);
    if (!tables) return undefined;
    this.#touch(client, tables);
    for (const [source, { urls }] of tables) if (urls.has(url)) return { source, url };
    if (!url.includes('?')) return undefined;
    const sources = new Map<string, string>();
    for (const [source, { urls }] of tables) {
      const listed = listedUrl(urls, url);
      if (listed !== undefined) sources.set(listed, source);
    }
    const listed = listedUrl(sources.keys(), url);
    return listed === undefined ? undefined : { source: sources.get(listed) as string, url: listed };
  }

  /** Notes that there is nothing to ask this client for until it speaks up itself: it was born just now, or kept silent. */
  expectNothing(client: string): void {
    this.#touch(client, new Map());
  }

  /** Whether the client's loaders have named any segments. */
  namesSome(client: string): boolean {
    return [...(this.#clients.get(client)?.values() ?? [])].some(({ urls }) => urls.size > 0);
  }

  /** Whether the client has a loader, which may name segments at any time. */
  hasLoader(client: string): boolean {
    return (this.#clients.get(client)?.size ?? 0) > 0;
  }

  /** Takes a whole table, which may be empty as yet. */
  replace(client: string, source: string, revision: number, urls: readonly string[]): void {
    const tables = this.#clients.get(client) ?? new Map<string, Table>();
    tables.delete(source);
    tables.set(source, { revision, urls: new Set(urls) });
    if (tables.size > SOURCE_LIMIT) tables.delete(tables.keys().next().value as string);
    this.#touch(client, tables);
  }

  /** Forgets a loader that has ended. */
  end(client: string, source: string): void {
    this.#clients.get(client)?.delete(source);
  }

  /** Changes a table; false when it is not here as the change expects it, and the whole must be asked for. */
  update(
    client: string,
    source: string,
    revision: number,
    added: readonly string[],
    removed: readonly string[],
  ): boolean {
    const table = this.#clients.get(client)?.get(source);
    if (!table || table.revision !== revision - 1) return false;
    for (const url of removed) table.urls.delete(url);
    for (const url of added) table.urls.add(url);
    table.revision = revision;
    return table.urls.size <= TABLE_LIMIT;
  }

  drop(client: string): void {
    this.#clients.delete(client);
  }

  /** Forgets the clients that are gone. */
  keepOnly(clients: ReadonlySet<string>): void {
    for (const client of this.#clients.keys()) if (!clients.has(client)) this.#clients.delete(client);
  }

  #touch(client: string, tables: Map<string, Table>): void {
    this.#clients.delete(client);
    this.#clients.set(client, tables);
    for (const oldest of this.#clients.keys()) {
      if (this.#clients.size <= CLIENT_LIMIT && this.#urlCount() <= URL_COUNT_LIMIT) return;
      if (oldest !== client) this.#clients.delete(oldest);
    }
  }

  #urlCount(): number {
    let count = 0;
    for (const tables of this.#clients.values()) for (const { urls } of tables.values()) count += urls.size;
    return count;
  }
}
