import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';

/** From the first byte of a request to the end of its headers, and to the end of its body, ms. */
export const REQUEST_TIMEOUT = 10_000;
/** How often it is looked for requests that take longer, ms. */
const CHECK_EVERY = 1_000;
/** A connection on which nothing moves is cut, ms: the longest wait for an answer is a blocking reload of 30 s. */
const IDLE_TIMEOUT = 120_000;
/** Connections, those of the tracker included. */
const MAX_CONNECTIONS = 100_000;
/** Connections that have not sent a whole request yet. Browsers open some on suspicion; the oldest is cut for a new one. */
export const MAX_UNASKED = 2_000;

/** The connections of a server, and what they may do without asking for anything. */
export class Connections {
  /** By the other end's address and port, which a TLS connection and the one below it have in common. */
  readonly #open = new Map<string, Socket>();
  /** Those that have not asked for anything, oldest first. */
  readonly #unasked = new Set<string>();

  constructor(server: HttpServer | HttpsServer) {
    server.headersTimeout = REQUEST_TIMEOUT;
    server.requestTimeout = REQUEST_TIMEOUT;
    server.timeout = IDLE_TIMEOUT;
    server.maxConnections = MAX_CONNECTIONS;
    server.on('connection', (socket: Socket) => this.#add(socket));
  }

  /** Options of `createServer` that cannot be set later. */
  static readonly options = { connectionsCheckingInterval: CHECK_EVERY, handshakeTimeout: REQUEST_TIMEOUT };

  /** The connection has sent a request. */
  asks(socket: Socket): void {
    this.#unasked.delete(keyOf(socket));
  }

  /** Cuts all but those that are in use. */
  cutAllBut(used: readonly Socket[]): void {
    const keys = new Set(used.map(keyOf));
    for (const [key, socket] of this.#open) if (!keys.has(key)) socket.destroy();
  }

  #add(socket: Socket): void {
    const key = keyOf(socket);
    this.#open.set(key, socket);
    this.#unasked.add(key);
    socket.once('close', () => {
      if (this.#open.get(key) !== socket) return;
      this.#open.delete(key);
      this.#unasked.delete(key);
    });
    const [oldest] = this.#unasked;
    if (this.#unasked.size > MAX_UNASKED && oldest !== undefined) {
      this.#unasked.delete(oldest);
      this.#open.get(oldest)?.destroy();
    }
  }
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
