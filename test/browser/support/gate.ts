import { connect, createServer, type Socket } from 'node:net';
import { type Served, serve } from '../../../harness/serve.mjs';

/** A TCP port that leads to another one until it is closed: what is behind it seems gone then, while it runs on. */
export class Gate {
  /** Connections to what is behind. */
  readonly #inside = new Set<Socket>();
  #served: Served | undefined;
  /** Where connections are led, a port of 127.0.0.1; set it before the first one. */
  target = 0;

  private constructor() {}

  static async open(): Promise<Gate> {
    const gate = new Gate();
    gate.#served = await serve(createServer((outside) => gate.#lead(outside)));
    return gate;
  }

  /** The port that this listens on, of 127.0.0.1. */
  get port(): number {
    return this.#served?.port ?? 0;
  }

  /** Cuts every connection and takes no more. */
  async close(): Promise<void> {
    const closed = this.#served?.close();
    for (const socket of this.#inside) socket.destroy();
    await closed;
  }

  #lead(outside: Socket): void {
    const inside = connect(this.target, '127.0.0.1');
    this.#inside.add(inside);
    inside.on('close', () => this.#inside.delete(inside));
    inside.on('error', () => outside.destroy());
    outside.on('error', () => inside.destroy());
    outside.pipe(inside).pipe(outside);
  }
}
