import type { Environment } from './environment.js';

/**
 * How long a playlist counts as unread, and requests are held for the page to name its segments, ms from the moment at which the player was
 * given it. The page always answers, but what keeps its main thread busy may take some hundred ms, and a request that goes to the network
 * meanwhile is one more copy from the origin.
 */
export const UNREAD_LIMIT = 1_000;

/** How long the page may keep a playlist from its player, ms. */
export const HELD_LIMIT = 8_000;

/** Playlists of one client that may be unread at a time; further ones are not waited for. */
const COUNT_LIMIT = 8;

interface Unread {
  readonly read: Promise<void>;
  readonly markRead: () => void;
  readonly give: () => void;
}

/**
 * The playlists that players were given and whose segments their pages have not named yet. A player asks for a new segment as soon as
 * it has the playlist, which may be some milliseconds before the page's word is here.
 */
export class UnreadPlaylists {
  readonly #schedule: Environment['schedule'];
  /** By client id, then by the playlist's id. */
  readonly #clients = new Map<string, Map<number, Unread>>();
  /** Gives a playlist that the page keeps from its player, by client and id. */
  readonly #held = new Map<string, () => void>();
  #lastId = 0;

  constructor(schedule: Environment['schedule']) {
    this.#schedule = schedule;
  }

  /**
   * Notes a playlist of which the page is about to be told.
   * @returns `given` resolves when the player may have it, as far as the page has a say in that
   */
  add(client: string): { readonly id: number; readonly given?: Promise<void> } {
    this.#lastId += 1;
    const id = this.#lastId;
    const playlists = this.#clients.get(client) ?? new Map<number, Unread>();
    if (playlists.size >= COUNT_LIMIT) return { id };
    this.#clients.set(client, playlists);
    let give = (): void => {};
    const given = new Promise<void>((resolve) => {
      give = resolve;
    });
    let markRead = (): void => {};
    const read = new Promise<void>((resolve) => {
      const prevent = this.#schedule(() => this.read(client, id), UNREAD_LIMIT);
      markRead = () => {
        prevent();
        resolve();
      };
    });
    playlists.set(id, { read, markRead, give });
    return { id, given };
  }

  /**
   * The page has named the playlist's segments, or is not waited for any more.
   * @param held it will say when the player may have it
   */
  read(client: string, id: number, held = false): void {
    const playlists = this.#clients.get(client);
    const playlist = playlists?.get(id);
    if (!playlist) return;
    playlist.markRead();
    playlists?.delete(id);
    if (playlists?.size === 0) this.#clients.delete(client);
    if (held) this.#hold(client, id, playlist.give);
    else playlist.give();
  }

  /** The player may have it. */
  due(client: string, id: number): void {
    this.#held.get(`${client} ${id}`)?.();
  }

  #hold(client: string, id: number, give: () => void): void {
    const key = `${client} ${id}`;
    const end = (): void => {
      prevent();
      this.#held.delete(key);
      give();
    };
    const prevent = this.#schedule(end, HELD_LIMIT);
    this.#held.set(key, end);
  }

  has(client: string): boolean {
    return this.#clients.has(client);
  }

  /** Resolves when all that the client has now are read, or count as unread no more. */
  async settle(client: string): Promise<void> {
    await Promise.all([...(this.#clients.get(client)?.values() ?? [])].map(({ read }) => read));
  }
}
