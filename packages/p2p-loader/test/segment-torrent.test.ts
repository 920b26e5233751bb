import { createHash } from 'node:crypto';
import { jest } from '@jest/globals';
import type { SegmentStream } from '../src/mesh/segment-stream.js';
import { SegmentContent } from '../src/segment/segment-content.js';
import { SegmentTorrent } from '../src/segment/segment-torrent.js';
import { Wire } from '../src/vendor/bittorrent-protocol.js';
import type { WebTorrent } from '../src/vendor/webtorrent.js';
import { type Sample, sample, streamPair, torrentClients, until, viewerId } from './torrent-fixtures.js';

jest.setTimeout(60_000);

const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');
const client = torrentClients();

/** One viewer's torrent of the segment, and what it told. */
class Viewer {
  readonly id: string;
  readonly client: WebTorrent;
  readonly torrent: SegmentTorrent;
  readonly pieces: { index: number; shares: Record<string, number> }[] = [];
  readonly bad: { index: number; senders: readonly string[] }[] = [];
  readonly served: { peerId: string; bytes: number; ms: number }[] = [];
  uploaded = 0;
  blocks = 0;
  done = 0;
  behind = 0;

  constructor(n: number, { info }: Sample, complete?: Uint8Array) {
    this.id = viewerId(n);
    this.client = client(this.id);
    this.torrent = new SegmentTorrent(
      this.client,
      info,
      {
        onPiece: (index, shares) => {
          this.pieces.push({ index, shares: Object.fromEntries(shares) });
          if (this.torrent.originIsBehind) this.behind += 1;
        },
        onBadPiece: (index, senders) => {
          this.bad.push({ index, senders });
          // As the segment does it: webtorrent would ask it again without end.
          if (senders.includes('')) this.torrent.removeOrigin();
        },
        onBlock: (_peerId, bytes) => {
          this.blocks += bytes;
        },
        onServed: (peerId, bytes, ms) => this.served.push({ peerId, bytes, ms }),
        onUpload: (_peerId, bytes) => {
          this.uploaded += bytes;
        },
        onDone: () => {
          this.done += 1;
        },
      },
      complete && SegmentContent.of(complete, info.parsed.pieceLength),
    );
  }

  /** Joins this viewer to another one, and returns that one's end. */
  join(other: Viewer, { infoHash }: Sample): SegmentStream {
    const [mine, theirs] = streamPair(this.id, other.id, infoHash);
    this.torrent.addStream(mine);
    other.torrent.addStream(theirs);
    return theirs;
  }

  /** Payload by sender, over all pieces. */
  get sources(): Record<string, number> {
    const sum: Record<string, number> = {};
    for (const { shares } of this.pieces) {
      for (const [sender, bytes] of Object.entries(shares)) sum[sender] = (sum[sender] ?? 0) + bytes;
    }
    return sum;
  }
}

/** A viewer that says that it has everything, and answers no request. */
function addSilentPeer(viewer: Viewer, { infoHash, info }: Sample, n = 99) {
  const id = viewerId(n);
  const [mine, theirs] = streamPair(viewer.id, id, infoHash);
  const wire = new Wire('silent');
  const asked: number[] = [];
  const pipes = theirs as unknown as { pipe(to: unknown): { pipe(to: unknown): unknown } };
  pipes.pipe(wire).pipe(theirs);
  theirs.on('error', () => {});
  wire.on('handshake', () => {
    wire.handshake(infoHash, id);
    wire.bitfield(new Uint8Array(Math.ceil(info.parsed.pieces.length / 20 / 8)).fill(0xff));
  });
  wire.on('interested', () => wire.unchoke());
  wire.on('request', (index) => asked.push(index));
  viewer.torrent.addStream(mine);
  return { asked, stream: mine };
}

describe('a segment torrent', () => {
  it('gives a segment to another viewer, byte for byte', async () => {
    const segment = await sample(300_001);
    const [a, b] = [new Viewer(1, segment, segment.bytes), new Viewer(2, segment)];
    a.join(b, segment);
    await until(() => b.done > 0);
    expect(sha1(b.torrent.content.copy())).toBe(sha1(segment.bytes));
    expect(b.pieces.map(({ index }) => index).sort((x, y) => x - y)).toEqual([...Array(5).keys()]);
    expect(b.torrent.verifiedBytes).toBe(300_001);
    expect(b.sources).toEqual({ [a.id]: 300_001 });
    expect([a.uploaded, b.blocks, b.uploaded]).toEqual([300_001, 300_001, 0]);
    expect([a.done, b.done]).toEqual([0, 1]);
  });

  it('asks a viewer that comes with all of it once webtorrent has begun', async () => {
    const segment = await sample(200_000);
    const [a, b] = [new Viewer(1, segment, segment.bytes), new Viewer(2, segment)];
    const torrents = [a, b].flatMap(({ client: { torrents } }) => torrents);
    await until(() => torrents.every(({ ready }) => ready));
    b.join(a, segment);
    await until(() => b.done > 0);
    expect(b.torrent.content.copy()).toEqual(segment.bytes);
  });

  it('takes streams that come before webtorrent has read the info dictionary', async () => {
    const segment = await sample(20_000);
    const b = new Viewer(2, segment);
    new Viewer(1, segment, segment.bytes).join(b, segment);
    await until(() => b.done > 0);
    expect(b.torrent.content.copy()).toEqual(segment.bytes);
  });

  it('passes pieces on before it is whole itself', async () => {
    const segment = await sample(300_000);
    const [b, c] = [new Viewer(2, segment), new Viewer(3, segment)];
    b.join(c, segment);
    const half = 4 * b.torrent.content.pieceLength;
    b.torrent.offerFromOrigin(segment.bytes, { from: 0, to: half + 100 });
    await until(() => c.torrent.verifiedPieces.size >= 4);
    expect([...c.torrent.verifiedPieces].sort()).toEqual([0, 1, 2, 3]);
    expect([b.done, c.done]).toEqual([0, 0]);
    b.torrent.offerFromOrigin(segment.bytes, { from: 0, to: 300_000 });
    await until(() => b.done + c.done === 2);
    expect(c.sources).toEqual({ [b.id]: 300_000 });
    expect(b.sources).toEqual({ '': 300_000 });
    expect(c.torrent.content.copy()).toEqual(segment.bytes);
  });

  it('keeps what it verified when the origin is asked again, into the same buffer', async () => {
    const segment = await sample(100_000);
    const { torrent } = new Viewer(1, segment);
    const buffer = segment.bytes.slice();
    torrent.offerFromOrigin(buffer, { from: 0, to: torrent.content.pieceLength });
    await until(() => torrent.verifiedPieces.has(0));
    buffer.fill(0);
    expect(torrent.content.prefix.copy()).toEqual(segment.bytes.slice(0, torrent.content.pieceLength));
  });

  it('carries a segment on along a line of viewers', async () => {
    const segment = await sample(200_000);
    const [a, b, c] = [new Viewer(1, segment, segment.bytes), new Viewer(2, segment), new Viewer(3, segment)];
    b.join(c, segment);
    a.join(b, segment);
    await until(() => c.done > 0);
    expect(c.sources).toEqual({ [b.id]: 200_000 });
    expect(c.torrent.content.copy()).toEqual(segment.bytes);
  });

  it('takes from two viewers what each has', async () => {
    const segment = await sample(256 * 1024);
    const [a, b, c] = [new Viewer(1, segment), new Viewer(2, segment), new Viewer(3, segment)];
    a.torrent.offerFromOrigin(segment.bytes, { from: 0, to: 128 * 1024 });
    b.torrent.offerFromOrigin(segment.bytes.slice(), { from: 0, to: 64 * 1024 });
    a.join(c, segment);
    b.join(c, segment);
    await until(() => c.torrent.verifiedBytes >= 128 * 1024);
    expect(c.torrent.verifiedBytes).toBe(128 * 1024);
    expect(c.done).toBe(0);
  });

  it('verifies what a viewer sends, names it, and takes the piece from another', async () => {
    const segment = await sample(120_000);
    const wrong = segment.bytes.slice();
    wrong[5] = (wrong[5] ?? 0) ^ 1;
    const [liar, b] = [new Viewer(1, segment, wrong), new Viewer(2, segment)];
    const stream = liar.join(b, segment);
    await until(() => b.bad.length > 0);
    expect(b.bad[0]).toEqual({ index: 0, senders: [liar.id] });
    expect(b.torrent.verifiedPieces.has(0)).toBe(false);
    // As the mesh does it with who sends bad pieces: it would send them again and again, and fast.
    b.torrent.removeStream(stream);
    b.torrent.offerFromOrigin(segment.bytes, { from: 0, to: 120_000 });
    await until(() => b.done > 0);
    expect(sha1(b.torrent.content.copy())).toBe(sha1(segment.bytes));
  });

  it('names the origin by the empty id when its bytes are wrong', async () => {
    const segment = await sample(50_000);
    const b = new Viewer(2, segment);
    b.torrent.offerFromOrigin(new Uint8Array(50_000), { from: 0, to: 50_000 });
    await until(() => b.bad.length > 0);
    expect(b.bad[0]?.senders).toEqual(['']);
    b.torrent.offerFromOrigin(segment.bytes, { from: 0, to: 50_000 });
    await until(() => b.done > 0);
    expect(b.torrent.content.copy()).toEqual(segment.bytes);
  });

  it('takes what the origin gives although a silent viewer was asked for it', async () => {
    const segment = await sample(200_000);
    const b = new Viewer(2, segment);
    const silent = addSilentPeer(b, segment);
    await until(() => silent.asked.length > 0);
    b.torrent.offerFromOrigin(segment.bytes, { from: 0, to: 200_000 });
    await until(() => b.done > 0);
    // It was not waited for: webtorrent still has it.
    expect(silent.stream.destroyed).toBe(false);
    expect(Object.keys(b.sources)).toEqual(['']);
  });

  it('tells what a viewer owes, and whether only that one has it', async () => {
    const segment = await sample(200_000);
    const b = new Viewer(2, segment);
    const first = addSilentPeer(b, segment);
    expect(b.torrent.viewers.giver(viewerId(99))).toMatchObject({ owed: 0, alone: false });
    await until(() => first.asked.length > 0);
    expect(b.torrent.viewers.giver(viewerId(99)).owed).toBeGreaterThan(0);
    expect(b.torrent.viewers.giver(viewerId(99))).toMatchObject({ alone: true, willing: false });
    expect(b.torrent.viewers.giver(viewerId(98))).toMatchObject({ owed: 0, alone: false });
    addSilentPeer(b, segment, 98);
    await until(() => !b.torrent.viewers.giver(viewerId(99)).alone);
    b.torrent.removeStream(first.stream);
    await until(() => b.torrent.viewers.giver(viewerId(98)).alone);
    // What the origin has sent is nobody's alone either.
    b.torrent.offerFromOrigin(segment.bytes, { from: 0, to: 200_000 });
    expect(b.torrent.viewers.giver(viewerId(98)).alone).toBe(false);
  });

  it('asks a viewer that is left for nothing more, and gives to it as before', async () => {
    const segment = await sample(256 * 1024);
    const [a, b, c] = [new Viewer(1, segment, segment.bytes), new Viewer(2, segment), new Viewer(3, segment)];
    const silent = addSilentPeer(b, segment);
    await until(() => silent.asked.length > 0);
    b.torrent.viewers.giver(viewerId(99)).leave();
    expect(b.torrent.viewers.giver(viewerId(99))).toMatchObject({ owed: 0, alone: false });
    const { length } = silent.asked;
    b.join(c, segment);
    await until(() => b.client.torrents[0]?.wires.length === 2);
    b.torrent.viewers.giver(c.id).leave();
    a.join(b, segment);
    await until(() => b.done > 0 && c.done > 0);
    expect(silent.asked).toHaveLength(length);
    expect(silent.stream.destroyed).toBe(false);
    expect([b.sources, c.sources]).toEqual([{ [a.id]: 256 * 1024 }, { [b.id]: 256 * 1024 }]);
  });

  it('asks no viewer again for what the origin has sent', async () => {
    const segment = await sample(1_000_000);
    const b = new Viewer(2, segment);
    const silent = addSilentPeer(b, segment);
    await until(() => silent.asked.length > 0);
    b.torrent.offerFromOrigin(segment.bytes, { from: 0, to: 500_000 });
    const sent = Math.floor(500_000 / b.torrent.content.pieceLength);
    await until(() => b.torrent.verifiedPieces.size === sent && silent.asked.some((index) => index >= sent));
    const before = silent.asked.filter((index) => index < sent).length;
    b.torrent.offerFromOrigin(segment.bytes, { from: 0, to: 1_000_000 });
    await until(() => b.done > 0);
    const asked = silent.asked.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(silent.asked.length).toBe(asked);
    expect(silent.asked.filter((index) => index < sent).length).toBe(before);
  });

  it('asks viewers for the last half of what is missing while the origin sends it from the front', async () => {
    const segment = await sample(1_000_000);
    const b = new Viewer(2, segment);
    b.torrent.offerFromOrigin(segment.bytes, { from: 0, to: 2 * b.torrent.content.pieceLength });
    await until(() => b.torrent.verifiedPieces.size === 2);
    const silent = addSilentPeer(b, segment);
    await until(() => silent.asked.length > 0);
    // Pieces 2 to 15 are missing.
    expect(Math.min(...silent.asked)).toBeGreaterThanOrEqual(9);
  });

  it('takes all from viewers, from the back, when the origin sends no more', async () => {
    const segment = await sample(1_000_000);
    const [a, b] = [new Viewer(1, segment, segment.bytes), new Viewer(2, segment)];
    b.torrent.offerFromOrigin(segment.bytes, { from: 0, to: 2 * b.torrent.content.pieceLength });
    await until(() => b.torrent.verifiedPieces.size === 2);
    a.join(b, segment);
    await until(() => b.done > 0);
    expect(b.pieces.at(-1)?.index).toBe(2);
    expect(sha1(b.torrent.content.copy())).toBe(sha1(segment.bytes));
  });

  it('says that the answer is behind once viewers have brought what it brings next', async () => {
    const segment = await sample(1_000_000);
    const [a, b] = [new Viewer(1, segment, segment.bytes), new Viewer(2, segment)];
    const { pieceLength, count } = b.torrent.content;
    b.torrent.offerFromOrigin(segment.bytes, { from: 0, to: 2 * pieceLength });
    await until(() => b.torrent.verifiedPieces.size === 2);
    expect(b.behind).toBe(0);
    a.join(b, segment);
    await until(() => b.done > 0);
    expect(b.behind).toBeGreaterThan(0);
    // They bring ever more of what is missing, while the answer brings nothing.
    const order = b.pieces.map(({ index }) => index);
    expect(order.indexOf(3)).toBeGreaterThan(order.indexOf(count - 1));
  });

  it('tells the bytes that are here from the first one on', async () => {
    const segment = await sample(400_000);
    const b = new Viewer(2, segment);
    expect(b.torrent.content.prefix.length).toBe(0);
    const { pieceLength } = b.torrent.content;
    b.torrent.offerFromOrigin(segment.bytes, { from: 4 * pieceLength, to: 5 * pieceLength });
    b.torrent.offerFromOrigin(segment.bytes, { from: 0, to: 2 * pieceLength + 5 });
    await until(() => b.torrent.verifiedPieces.size === 3);
    expect(b.torrent.content.prefix.copy()).toEqual(segment.bytes.subarray(0, 2 * pieceLength));
  });

  it('takes what the origin gave before webtorrent had read the info dictionary', async () => {
    const segment = await sample(40_000);
    const b = new Viewer(2, segment);
    b.torrent.offerFromOrigin(segment.bytes, { from: 0, to: 20_000 });
    b.torrent.offerFromOrigin(segment.bytes, { from: 0, to: 40_000 });
    await until(() => b.done > 0);
    expect(b.sources).toEqual({ '': 40_000 });
  });

  it('goes on with viewers when the origin leaves in the middle', async () => {
    const segment = await sample(400_000);
    const [a, b] = [new Viewer(1, segment, segment.bytes), new Viewer(2, segment)];
    b.torrent.offerFromOrigin(segment.bytes, { from: 0, to: 5 * b.torrent.content.pieceLength });
    await until(() => b.torrent.verifiedPieces.size === 5);
    b.torrent.removeOrigin();
    a.join(b, segment);
    await until(() => b.done > 0);
    expect(b.sources).toEqual({
      '': 5 * b.torrent.content.pieceLength,
      [a.id]: 400_000 - 5 * b.torrent.content.pieceLength,
    });
  });

  it('seeds what was here whole from the start, without telling that it is done', async () => {
    const segment = await sample(70_000);
    const a = new Viewer(1, segment, segment.bytes);
    expect(a.torrent.verifiedBytes).toBe(70_000);
    for (const n of [2, 3]) {
      const other = new Viewer(n, segment);
      a.join(other, segment);
      await until(() => other.done > 0);
      expect(other.torrent.content.copy()).toEqual(segment.bytes);
    }
    expect(a.done).toBe(0);
  });

  it('ends its streams with it, also those that waited', async () => {
    const segment = await sample(70_000);
    const [a, b] = [new Viewer(1, segment, segment.bytes), new Viewer(2, segment)];
    const [mine, theirs] = streamPair(a.id, b.id, segment.infoHash);
    a.torrent.addStream(mine);
    b.torrent.addStream(theirs);
    b.torrent.destroy();
    await until(() => theirs.destroyed && mine.destroyed);
    const [late] = streamPair(b.id, a.id, segment.infoHash);
    b.torrent.addStream(late);
    b.torrent.offerFromOrigin(segment.bytes, { from: 0, to: 70_000 });
    await until(() => late.destroyed);
    expect(b.pieces).toEqual([]);
  });
});
