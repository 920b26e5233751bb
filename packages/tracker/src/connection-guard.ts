import type { Duplex } from 'node:stream';
import type { Connection } from './connection.js';

/** A connection that is not answered within this has gone: viewers announce once a minute. ms */
export const SILENCE = 180_000;
/** A connection announces within this, and a message that has begun is here within it, ms. */
export const SLOWEST = 10_000;
/** How often it is looked for those, ms. */
const CHECK_EVERY = 1_000;
/** Messages that have begun, of all connections, bytes: the longest ones are given up beyond it. */
export const MAX_UNFINISHED = 16 * 1024 * 1024;
/** What waits for a connection to be read, bytes: twenty offers and more. */
export const MAX_UNREAD = 256 * 1024;
/** What waits on all connections, bytes: those that read least are given up beyond it. */
export const MAX_UNREAD_OF_ALL = 64 * 1024 * 1024;
/** Headers of the frames of a message in parts are not counted one by one: so much more may have come, bytes. */
const UNCOUNTED = 1024;
/** Messages that a connection may send at once, and those that it may send each second after that: it answers each offer. */
export const BURST = 200;
export const PER_SECOND = 10;

interface Guarded {
  /** When it was opened, or has sent a message or a pong, ms. */
  heard: number;
  announced: boolean;
  /** Bytes since the last message, and when the first of them came, ms. */
  unfinished: number;
  begun: number;
  unread: number;
  /** Messages that it may send, by the time of the last, ms. */
  allowance: number;
  counted: number;
}

/**
 * What a connection to the tracker may cost. Each one alone is bounded by what a viewer needs; those of many attackers together by what this
 * process can bear: who holds most goes first.
 */
export class ConnectionGuard {
  readonly #connections = new Map<Connection, Guarded>();
  #unfinished = 0;
  #unread = 0;
  readonly #timer: NodeJS.Timeout;

  /** @param clock Steady, ms. */
  constructor(readonly clock: () => number) {
    this.#timer = setInterval(() => this.check(), CHECK_EVERY);
    this.#timer.unref();
  }

  /** @param socket The connection below. */
  add(client: Connection, socket: Duplex): void {
    const now = this.clock();
    const guarded = {
      heard: now,
      announced: false,
      unfinished: 0,
      begun: now,
      unread: 0,
      allowance: BURST,
      counted: now,
    };
    this.#connections.set(client, guarded);
    // Before what it completes is told of.
    socket.prependListener('data', (chunk: Uint8Array) => this.#received(client, guarded, chunk.length));
    for (const event of ['ping', 'pong']) client.on(event, (data: Uint8Array) => this.#complete(guarded, data.length));
    client.once('close', () => this.#forget(client, guarded));
  }

  /** A message of so many bytes has come. False: it is one too many. */
  message(client: Connection, bytes: number): boolean {
    const guarded = this.#connections.get(client);
    if (guarded === undefined) return false;
    const now = this.clock();
    this.#complete(guarded, bytes);
    guarded.announced = true;
    guarded.allowance = Math.min(BURST, guarded.allowance + ((now - guarded.counted) / 1000) * PER_SECOND) - 1;
    guarded.counted = now;
    return guarded.allowance >= 0;
  }

  /** Something was sent. */
  sent(client: Connection): void {
    const guarded = this.#connections.get(client);
    if (guarded === undefined) return;
    this.#count(client, guarded);
    if (guarded.unread > MAX_UNREAD) client.terminate();
    else if (this.#unread > MAX_UNREAD_OF_ALL) {
      for (const [other, known] of this.#connections) this.#count(other, known);
      if (this.#unread > MAX_UNREAD_OF_ALL) this.#cutLargest('unread', this.#unread - MAX_UNREAD_OF_ALL / 2);
    }
  }

  /** Cuts those that are too slow, or silent. */
  check(): void {
    const now = this.clock();
    for (const [client, guarded] of this.#connections) {
      this.#count(client, guarded);
      const late = guarded.unfinished > 0 && now - guarded.begun > SLOWEST;
      const silent = now - guarded.heard > (guarded.announced ? SILENCE : SLOWEST);
      if (late || silent) client.terminate();
    }
  }

  /** What all connections hold, bytes. */
  get held(): { readonly unfinished: number; readonly unread: number } {
    return { unfinished: this.#unfinished, unread: this.#unread };
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #received(client: Connection, guarded: Guarded, bytes: number): void {
    if (!this.#connections.has(client)) return;
    if (guarded.unfinished === 0) guarded.begun = this.clock();
    guarded.unfinished += bytes;
    this.#unfinished += bytes;
    if (this.#unfinished > MAX_UNFINISHED) this.#cutLargest('unfinished', this.#unfinished - MAX_UNFINISHED / 2);
  }

  #complete(guarded: Guarded, bytes: number): void {
    const now = this.clock();
    const left = guarded.unfinished - frameLength(bytes);
    const unfinished = left > UNCOUNTED ? left : 0;
    this.#unfinished += unfinished - guarded.unfinished;
    guarded.unfinished = unfinished;
    guarded.heard = now;
    guarded.begun = now;
  }

  #count(client: Connection, guarded: Guarded): void {
    this.#unread += client.bufferedAmount - guarded.unread;
    guarded.unread = client.bufferedAmount;
  }

  #cutLargest(what: 'unfinished' | 'unread', surplus: number): void {
    const largest = [...this.#connections].sort(([, a], [, b]) => b[what] - a[what]);
    for (const [client, guarded] of largest) {
      if (surplus <= 0) return;
      surplus -= guarded[what];
      this.#forget(client, guarded);
      client.terminate();
    }
  }

  #forget(client: Connection, guarded: Guarded): void {
    if (!this.#connections.delete(client)) return;
    this.#unfinished -= guarded.unfinished;
    this.#unread -= guarded.unread;
  }
}

/** RFC 6455 §5.2, of a frame from a client. */
function frameLength(payload: number): number {
  return payload + (payload < 126 ? 6 : payload < 65_536 ? 8 : 14);
}
