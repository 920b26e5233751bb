import type { ClientTables } from './client-tables.js';
import type { Environment } from './environment.js';
import { post, type WorkerMessage } from './protocol.js';

/** How long requests are held for a client's table, ms (once after a worker's start). */
export const HOLD_LIMIT = 100;

/** Asks clients that the worker has forgotten for their tables, each once. */
export class RollCall {
  readonly #waiting = new Map<string, { readonly asked: Promise<void>; readonly answered: () => void }>();
  readonly #environment: Environment;
  readonly #tables: ClientTables;

  constructor(environment: Environment, tables: ClientTables) {
    this.#environment = environment;
    this.#tables = tables;
  }

  /** Resolves when the client's table is here, or after `HOLD_LIMIT`: then nothing more is expected of it. */
  ask(client: string): Promise<void> {
    const running = this.#waiting.get(client);
    if (running) return running.asked;
    let answered = (): void => {};
    const asked = new Promise<void>((resolve) => {
      const prevent = this.#environment.schedule(() => {
        this.#tables.expectNothing(client);
        answered();
      }, HOLD_LIMIT);
      answered = () => {
        prevent();
        this.#waiting.delete(client);
        resolve();
      };
    });
    this.#waiting.set(client, { asked, answered });
    void this.#post(client);
    return asked;
  }

  /** To be called when the client's table has come. */
  answered(client: string): void {
    this.#waiting.get(client)?.answered();
  }

  async #post(client: string): Promise<void> {
    const found = await this.#environment.clients.get(client);
    if (found) found.postMessage(post<WorkerMessage>({ type: 'table-request' }));
    else this.answered(client);
  }
}
