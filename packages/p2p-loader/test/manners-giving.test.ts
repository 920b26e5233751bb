import { createInfo, parseInfo } from '@live-torrent/manifest-magnetizer/info';
import { UploadGate, type UploadLimits } from '../src/manners/upload-gate.js';
import { SegmentStream } from '../src/mesh/segment-stream.js';
import { SegmentContent } from '../src/segment/segment-content.js';
import { SegmentTorrent } from '../src/segment/segment-torrent.js';
import { createTorrentClient, type WebTorrent } from '../src/vendor/webtorrent.js';

const LENGTH = 400_000;
const bytes = Uint8Array.from({ length: LENGTH }, (_, i) => (i * 2_654_435_761) >>> 24);
const ids = ['a'.repeat(40), 'b'.repeat(40)] as const;

describe('a segment torrent behind the upload gate', () => {
  let clients: WebTorrent[];
  beforeEach(() => {
    clients = [];
  });
  afterEach(() => Promise.all(clients.map((client) => new Promise<void>((resolve) => client.destroy(resolve)))));

  /** One viewer that has the segment, behind a gate, and one that takes it. */
  async function pair(limits: UploadLimits) {
    const { info, infoHash } = await createInfo(bytes);
    const parsed = parseInfo(info);
    if (!parsed) throw new Error('no info');
    const given = { bytes: 0, done: () => {} };
    const done = new Promise<void>((resolve) => {
      given.done = resolve;
    });
    const events = {
      onPiece: () => {},
      onBadPiece: () => {},
      onBlock: () => {},
      onServed: () => {},
      onUpload: (_id: string, sent: number) => {
        given.bytes += sent;
      },
      onDone: () => given.done(),
    };
    const gate: UploadGate = new UploadGate(
      limits,
      () => performance.now(),
      () => !gate.open && giver.viewers.choke(),
    );
    for (const id of ids) clients.push(createTorrentClient(id));
    const [a, b] = clients as [WebTorrent, WebTorrent];
    const giver = new SegmentTorrent(
      a,
      { encoded: info, parsed },
      events,
      SegmentContent.of(bytes, parsed.pieceLength),
      { upload: gate },
    );
    const taker = new SegmentTorrent(b, { encoded: info, parsed }, events);
    const ends: SegmentStream[] = ids.map(
      (_, side) =>
        new SegmentStream(ids[1 - side] as string, infoHash, {
          send: (chunk) => {
            const copy = chunk.slice();
            queueMicrotask(() => ends[1 - side]?.receive(copy));
          },
          bufferedAmount: () => 0,
          onDrain: (callback) => callback(),
          release: () => {},
        }),
    );
    giver.addStream(ends[0] as SegmentStream);
    taker.addStream(ends[1] as SegmentStream);
    for (const end of ends) end.open();
    return { gate, given, taker, done };
  }

  /** Long enough for a handshake, an unchoke, and the requests that would follow. */
  const rest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));

  it('gives all of it, at the pace that is set', async () => {
    const start = performance.now();
    const { taker, done, given } = await pair({ maxUploadRate: 800_000 });
    await done;
    // All but the burst of 200,000 bytes at 800,000 a second.
    expect(performance.now() - start).toBeGreaterThan(200);
    expect(given.bytes).toBe(LENGTH);
    expect(Buffer.compare(taker.content.copy(), bytes)).toBe(0);
  });

  it('holds nobody up who has the bytes from elsewhere: it is not waited for any more', async () => {
    const { taker, done, given } = await pair({ maxUploadRate: 20_000 });
    while (given.bytes === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const start = performance.now();
    taker.offerFromOrigin(bytes.slice(), { from: 0, to: LENGTH });
    await done;
    // A viewer that does not answer is given up after 2 s.
    expect(performance.now() - start).toBeLessThan(1_500);
    expect(Buffer.compare(taker.content.copy(), bytes)).toBe(0);
  });

  it('gives not a byte while it is closed', async () => {
    const { gate, given } = await pair({ role: 'leech' });
    await rest();
    expect([gate.open, given.bytes]).toEqual([false, 0]);
  });

  it('gives no byte above the cap', async () => {
    const { gate, given, taker } = await pair({ maxUploadBytes: 100_000 });
    while (gate.open) await rest();
    await rest();
    expect(given.bytes).toBeLessThanOrEqual(100_000);
    expect(given.bytes).toBeGreaterThan(0);
    expect(taker.verifiedBytes).toBeLessThanOrEqual(given.bytes);
  });

  it('stops at once when the device forbids it', async () => {
    const { gate, given } = await pair({ maxUploadRate: 100_000 });
    while (given.bytes === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    gate.restrict('cellular');
    const { bytes: before } = given;
    await rest();
    expect(given.bytes).toBe(before);
  });
});
