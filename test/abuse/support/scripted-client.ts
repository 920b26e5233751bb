import { randomBytes } from 'node:crypto';
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';

/** Time between two loads of the playlist, ms. */
const RELOAD_MS = 2_000;

/** A viewer of a live playlist without a player: it reloads it, gets what is newest, and is announced at the tracker that it names. */
export class ScriptedClient {
  loads = 0;
  failures = 0;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #socket: WebSocket | undefined;
  #left = false;

  constructor(private readonly url: string) {}

  async watch(): Promise<void> {
    await sleep(RELOAD_MS * Math.random());
    while (!this.#left) {
      await this.#load().catch(() => {
        if (!this.#left) this.failures += 1;
      });
      await sleep(RELOAD_MS);
    }
  }

  leave(): void {
    this.#left = true;
    this.#socket?.close();
    this.#agent.destroy();
  }

  async #load(): Promise<void> {
    const text = (await this.#get(this.url)).toString();
    const [, stream, tracker = ''] = /[?&]stream=([0-9a-f]{40})(?:&tr=([^&\s]+))?/.exec(text) ?? [];
    if (stream !== undefined && !this.#socket) this.#announce(stream, decodeURIComponent(tracker));
    const uris = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    for (const uri of uris.slice(-1)) await this.#get(new URL(uri, this.url).href);
  }

  #announce(stream: string, named: string): void {
    const socket = new WebSocket(named || new URL('/announce', this.url.replace('http:', 'ws:')));
    this.#socket = socket;
    socket.on('error', () => undefined);
    const ids = {
      info_hash: Buffer.from(stream, 'hex').toString('latin1'),
      peer_id: randomBytes(20).toString('latin1'),
    };
    const announce = (event?: string): void =>
      socket.send(JSON.stringify({ action: 'announce', numwant: 1, left: 1, ...ids, event, offers: [offer()] }));
    socket.on('open', () => announce('started'));
    const timer = setInterval(() => socket.readyState === WebSocket.OPEN && announce(), 20_000);
    socket.on('close', () => clearInterval(timer));
  }

  #get(url: string): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const request = get(url, { agent: this.#agent, timeout: 10_000 }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          this.loads += 1;
          if (response.statusCode === 200) resolve(Buffer.concat(chunks));
          else reject(new Error(`${url}: ${response.statusCode}`));
        });
      });
      request.on('timeout', () => request.destroy(new Error('timeout')));
      request.on('error', reject);
    });
  }
}

const offer = () => ({
  offer: { type: 'offer', sdp: 'v=0\r\n'.padEnd(900, 'a=x\r\n') },
  offer_id: randomBytes(20).toString('latin1'),
});
