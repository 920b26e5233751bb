import { connect, createServer, type Server, type Socket } from 'node:net';
import { listen } from './ports.js';

/** A TCP port that leads to another one until it is closed: what is behind it seems gone then, while it runs on. */
export class Gate {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;
  /** Where connections are led, a port of 127.0.0.1; set it before the first one. */
  target = 0;
  /** The port that this listens on, of 127.0.0.1. */
  port = 0;

  private constructor() {
    this.server = createServer((outside) => {
      const inside = connect(this.target, '127.0.0.1');
      for (const [from, to] of [
        [outside, inside],
        [inside, outside],
      ] as const) {
        this.sockets.add(from);
        from.pipe(to);
        from.on('error', () => to.destroy());
        from.on('close', () => this.sockets.delete(from));
      }
    });
  }

  static async open(): Promise<Gate> {
    const gate = new Gate();
    gate.port = await listen(gate.server);
    return gate;
  }

  /** Cuts every connection and takes no more. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}
