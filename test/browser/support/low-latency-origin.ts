import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen } from './ports.js';

/** Parts of a segment, each of 1 s and a file of its own in the feed. */
const PARTS = 4;
/** Segments in the playlist, and those whose parts are listed. */
const WINDOW = 10;
const WITH_PARTS = 2;
/** Parts that are there at the start. */
const HEAD_START = PARTS * (WINDOW + 1);

/** A Low-Latency HLS origin (draft-pantos-hls-rfc8216bis): blocking reloads, delta updates, parts, preload hints that are held. */
export class LowLatencyOrigin {
  /** Queries of playlist requests, in order. */
  readonly queries: string[] = [];
  /** Names of the parts and segments that were asked for. */
  readonly asked: string[] = [];
  url = '';
  readonly #begun = Date.now();
  readonly #server: Server;

  /** @param folder with `segment-00000.ts` and so on, of 1 s each */
  private constructor(readonly folder: string) {
    this.#server = createServer(async (req, res) => {
      const { pathname, search, searchParams } = new URL(req.url ?? '/', 'http://origin');
      if (pathname === '/live.m3u8') {
        this.queries.push(search);
        const msn = searchParams.get('_HLS_msn');
        const last = Number(searchParams.get('_HLS_part') ?? PARTS - 1);
        if (msn !== null) await this.#until(Number(msn) * PARTS + last + 1);
        res.setHeader('Content-Type', 'application/vnd.apple.mpegurl');
        res.end(this.playlist(searchParams.get('_HLS_skip') !== null));
        return;
      }
      const [, kind, number] = /^\/(part|segment)-(\d+)\.ts$/.exec(pathname) ?? [];
      if (kind === undefined) return void res.writeHead(404).end();
      this.asked.push(pathname);
      const end = kind === 'part' ? Number(number) + 1 : (Number(number) + 1) * PARTS;
      await this.#until(end);
      res.setHeader('Content-Type', 'video/mp2t');
      res.end(kind === 'part' ? this.#piece(Number(number)) : this.segment(Number(number)));
    });
  }

  static async start(folder: string): Promise<LowLatencyOrigin> {
    const origin = new LowLatencyOrigin(folder);
    origin.url = `http://127.0.0.1:${await listen(origin.#server)}/live.m3u8`;
    return origin;
  }

  /** Parts that are there. */
  get parts(): number {
    return HEAD_START + Math.floor((Date.now() - this.#begun) / 1000);
  }

  playlist(delta: boolean): string {
    const { parts } = this;
    const next = Math.floor(parts / PARTS);
    const first = next - WINDOW;
    const lines = [
      '#EXTM3U',
      '#EXT-X-VERSION:9',
      `#EXT-X-TARGETDURATION:${PARTS}`,
      `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3.0,CAN-SKIP-UNTIL=${6 * PARTS}`,
      '#EXT-X-PART-INF:PART-TARGET=1.0',
      `#EXT-X-MEDIA-SEQUENCE:${first}`,
    ];
    const skipped = delta ? WINDOW - 6 : 0;
    if (delta) lines.push(`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`);
    for (let n = first + skipped; n <= next; n++) {
      for (let part = n * PARTS; part < Math.min((n + 1) * PARTS, parts) && n >= next - WITH_PARTS; part++) {
        lines.push(`#EXT-X-PART:DURATION=1.0,INDEPENDENT=YES,URI="part-${part}.ts"`);
      }
      if (n < next) lines.push(`#EXTINF:${PARTS},`, `segment-${n}.ts`);
    }
    return `${lines.join('\n')}\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-${parts}.ts"\n`;
  }

  /** The bytes of a segment: those of its parts. */
  segment(number: number): Buffer {
    return Buffer.concat(Array.from({ length: PARTS }, (_, part) => this.#piece(number * PARTS + part)));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #piece(number: number): Buffer {
    return readFileSync(join(this.folder, `segment-${String(number).padStart(5, '0')}.ts`));
  }

  async #until(parts: number): Promise<void> {
    while (this.parts < parts) await sleep(20);
  }
}
