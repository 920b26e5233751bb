import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { readMagnets } from '@live-torrent/manifest-magnetizer';
import { createSegmentMagnet } from '@live-torrent/manifest-magnetizer/torrent';
import { listen } from '../../../harness/serve.mjs';
import { createServer } from '../src/create-server.js';
import { parseOptions } from '../src/options.js';

// Processes and servers take their time on a busy machine.
jest.setTimeout(60_000);

const silent = { info: () => {}, warn: () => {}, manifest: () => {} };
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** The host of an encoder that writes names `seg<number>.ts`, with or without ETags. */
class Encoder {
  readonly #server: Server;
  readonly #port: number;
  /** By path. */
  readonly files = new Map<string, string>();
  /** Answers playlists in place of the file. */
  playlistFails: ((res: ServerResponse, text: string) => void) | undefined;
  requests = 0;
  /** How often it wrote the playlist. */
  #writes = 0;

  private constructor(server: Server, etags: boolean) {
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    server.on('request', (req: IncomingMessage, res: ServerResponse) => {
      this.requests++;
      const file = this.files.get(req.url ?? '');
      if (req.url === '/live.m3u8' && this.playlistFails) return this.playlistFails(res, file ?? '');
      if (file === undefined) return void res.writeHead(404).end();
      if (etags) res.setHeader('ETag', `"${this.#writes} ${Buffer.from(file).toString('base64url').slice(-20)}"`);
      res.end(file);
    });
  }

  static async start(etags: boolean): Promise<Encoder> {
    const server = createHttpServer();
    await listen(server);
    const encoder = new Encoder(server, etags);
    closing.push(() => encoder.refuse());
    return encoder;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/live.m3u8`;
  }

  /** Takes no more connections. */
  refuse(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  accept(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
  }

  /** Lists segments from `first` to `last`, whose bytes are of this `run`; their names are used again after `ring`. */
  write(run: string, first: number, last: number, ring = 1000): void {
    let playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:${first}\n`;
    for (let i = first; i <= last; i++) {
      this.files.set(`/seg${i % ring}.ts`, `bytes ${i} of ${run}`);
      playlist += `#EXTINF:2,\nseg${i % ring}.ts\n`;
    }
    this.files.set('/live.m3u8', playlist);
    this.#writes++;
  }
}

/** Starts the CLI's server, whose playlists are 10 ms apart. */
async function serve(url: string, clock?: () => number): Promise<string> {
  const options = parseOptions(['-u', url, '-p', '0', '-r', '0.01']);
  if (typeof options === 'string') throw new Error(options);
  const server = await createServer(options, silent, clock);
  closing.push(() => server.close());
  await server.listen();
  return server.url;
}

/** The playlist that lists these bytes, each segment with its right magnet, as soon as it is there. */
async function untilPlayed(url: string, expected: readonly string[]): Promise<void> {
  for (;;) {
    const response = await fetch(`${url}manifest.m3u8`);
    expect(response.status).toBe(200);
    const magnets = readMagnets(await response.text(), `${url}manifest.m3u8`);
    const bodies: string[] = [];
    let wrong = magnets.length !== expected.length;
    for (const { url: segment, infoHash } of magnets) {
      const body = await (await fetch(segment ?? '')).text();
      bodies.push(body);
      wrong ||= createSegmentMagnet(Buffer.from(body)).infoHash !== infoHash;
    }
    if (!wrong && bodies.join() === expected.join()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const bodies = (run: string, first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, i) => `bytes ${first + i} of ${run}`);

const failures: [string, (res: ServerResponse, text: string) => void][] = [
  ['answers 404', (res) => void res.writeHead(404).end()],
  ['answers 502', (res) => void res.writeHead(502).end()],
  ['is empty', (res) => void res.end()],
  ['has no segments', (res) => void res.end('#EXTM3U\n#EXT-X-TARGETDURATION:2\n')],
  ['is cut off in a line', (res, text) => void res.end(text.slice(0, text.length - 4))],
  [
    'breaks off',
    (res, text) => void res.writeHead(200, { 'Content-Length': text.length + 9 }).write(text, () => res.destroy()),
  ],
];

describe('while the upstream’s playlist', () => {
  it.each(failures)('%s, viewers get the last one, and then the new one', async (_, fail) => {
    const encoder = await Encoder.start(true);
    encoder.write('one', 100, 104);
    const url = await serve(encoder.url);
    await untilPlayed(url, bodies('one', 100, 104));
    encoder.playlistFails = fail;
    const { requests } = encoder;
    // Several reloads fail.
    while (encoder.requests < requests + 5) await untilPlayed(url, bodies('one', 100, 104));
    encoder.write('two', 0, 2);
    encoder.playlistFails = undefined;
    await untilPlayed(url, bodies('two', 0, 2));
    expect((await (await fetch(`${url}stats.json`)).json()) as object).toMatchObject({
      upstreamErrors: expect.any(Number),
    });
  });
});

it('while the upstream refuses connections, viewers get the last playlist, and then the new one', async () => {
  const encoder = await Encoder.start(true);
  encoder.write('one', 5, 9);
  const url = await serve(encoder.url);
  await untilPlayed(url, bodies('one', 5, 9));
  await encoder.refuse();
  const errors = async (): Promise<number> =>
    ((await (await fetch(`${url}stats.json`)).json()) as { upstreamErrors: number }).upstreamErrors;
  while ((await errors()) < 3) await untilPlayed(url, bodies('one', 5, 9));
  await encoder.accept();
  encoder.write('one', 8, 12);
  await untilPlayed(url, bodies('one', 8, 12));
});

it('a playlist is not given any more when the upstream has failed for a minute', async () => {
  const encoder = await Encoder.start(true);
  encoder.write('one', 5, 9);
  let late = 0;
  const url = await serve(encoder.url, () => performance.now() + late);
  await untilPlayed(url, bodies('one', 5, 9));
  await encoder.refuse();
  const answer = async (): Promise<[number, string]> => {
    // A reload whose answer had come as the upstream ended counts from when it is looked at.
    late += 61_000;
    const response = await fetch(`${url}manifest.m3u8`);
    return [response.status, await response.text()];
  };
  let [status, text] = await answer();
  // A reload that ran at the end broke off; the next ones find nobody.
  while (status === 200 || !text.includes('live.m3u8: cannot be')) [status, text] = await answer();
  expect(status).toBe(502);
});

describe.each([
  ['with ETags', true],
  ['without', false],
])('an encoder that restarts, %s', (_, etags) => {
  type Numbers = [first: number, last: number];
  it.each<[string, Numbers, Numbers, Numbers]>([
    ['and uses names and numbers again', [0, 5], [0, 2], [1, 6]],
    ['after its second segment', [0, 1], [0, 0], [0, 3]],
  ])('%s has its new bytes played, under their own magnets', async (_case, before, begun, later) => {
    const encoder = await Encoder.start(etags);
    encoder.write('one', ...before);
    const url = await serve(encoder.url);
    await untilPlayed(url, bodies('one', ...before));
    encoder.files.clear();
    encoder.write('two', ...begun);
    await untilPlayed(url, bodies('two', ...begun));
    encoder.write('two', ...later);
    await untilPlayed(url, bodies('two', ...later));
  });

  it('and uses a small ring of names has each round played with its own bytes', async () => {
    const encoder = await Encoder.start(etags);
    encoder.write('one', 0, 4, 6);
    const url = await serve(encoder.url);
    for (let first = 0; first < 14; first += 2) {
      encoder.write('one', first, first + 4, 6);
      await untilPlayed(url, bodies('one', first, first + 4));
    }
  });
});

it('an encoder that restarts and is as far as before between two reloads has its new bytes played, with ETags', async () => {
  const encoder = await Encoder.start(true);
  encoder.write('one', 0, 1);
  const url = await serve(encoder.url);
  await untilPlayed(url, bodies('one', 0, 1));
  encoder.write('two', 0, 1);
  await untilPlayed(url, bodies('two', 0, 1));
});

it('an encoder that restarts and is as far as before with a full window has its new bytes played, with ETags', async () => {
  const encoder = await Encoder.start(true);
  encoder.write('one', 3, 8);
  const url = await serve(encoder.url);
  await untilPlayed(url, bodies('one', 3, 8));
  encoder.write('two', 3, 8);
  await untilPlayed(url, bodies('two', 3, 8));
});
