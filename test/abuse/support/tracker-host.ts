import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { createTracker, type Tracker } from '@live-torrent/tracker';
import { type Served, serve } from '../../../harness/serve.mjs';

/** Messages that no tracker sends. */
const GARBAGE = [
  'null',
  '[]',
  '7',
  'no JSON',
  '{"action":"announce"}',
  '{"action":"announce","info_hash":7,"peer_id":{},"offer":null}',
  JSON.stringify({ action: 'announce', info_hash: 'x'.repeat(20), offers: Array(100).fill({ offer: { sdp: 'v=0' } }) }),
  '['.repeat(5_000) + ']'.repeat(5_000),
  `{"action":"announce","interval":${'9'.repeat(400)}}`,
  '{"action":"announce","interval":-1,"complete":"many","incomplete":1e308}',
  'x'.repeat(60_000),
];

/** A tracker on a port of its own, which may be none, or a strange one. */
export class TrackerHost {
  #served: Served | undefined;
  #tracker: Tracker | undefined;
  #port = 0;

  /** @param host an address of this machine */
  constructor(private readonly host = '127.0.0.1') {}

  /** The announce URL, the same each time. */
  get url(): string {
    return `ws://${this.host}:${this.#port}/announce`;
  }

  /** Viewers that it knows. */
  get peers(): number {
    return this.#tracker?.stats.peers ?? 0;
  }

  /** Begins, knowing nobody. */
  async start(streams: readonly string[] = []): Promise<void> {
    const tracker = createTracker({ streams: [] });
    for (const stream of streams) tracker.allow(stream);
    this.#tracker = tracker;
    await this.#listen((server) => server.on('upgrade', (...args) => tracker.upgrade(...args)));
  }

  /** Takes connections, and sends each of them what no tracker sends, each `interval`, ms. */
  async startGarbage(interval: number): Promise<void> {
    await this.#listen((server) =>
      server.on('upgrade', (request, socket) => {
        const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
        const accept = createHash('sha1').update(key).digest('base64');
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
        );
        let turn = 0;
        const timer = setInterval(() => {
          const text = GARBAGE[turn++];
          if (text !== undefined) return void socket.write(textFrame(text));
          // Reserved bits, RFC 6455 §5.2: the connection fails, and the viewer comes again.
          socket.write(Buffer.from([0xf1, 1, 120]));
        }, interval);
        socket.on('close', () => clearInterval(timer));
      }),
    );
  }

  allow(stream: string): void {
    this.#tracker?.allow(stream);
  }

  /** Ends without a word. */
  async stop(): Promise<void> {
    const served = this.#served;
    this.#served = undefined;
    this.#tracker?.close();
    this.#tracker = undefined;
    await served?.close();
  }

  async #listen(serveOn: (server: Server) => void): Promise<void> {
    const server = createServer((_, response) => response.writeHead(404).end());
    serveOn(server);
    this.#served = await serve(server, { host: this.host, port: this.#port });
    this.#port = this.#served.port;
  }
}

/** RFC 6455 §5.2, from a server: one text frame. */
function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.alloc(payload.length < 126 ? 2 : 4);
  head[0] = 0x81;
  head[1] = Math.min(payload.length, 126);
  if (payload.length >= 126) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}
