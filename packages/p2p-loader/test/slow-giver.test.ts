import { jest } from '@jest/globals';
import { UploadGate } from '../src/manners/upload-gate.js';
import type { ControlMessage } from '../src/mesh/control.js';
import { RangeHosts } from '../src/origin/origin-runs.js';
import { Segment } from '../src/segment/segment.js';
import { SegmentContent } from '../src/segment/segment-content.js';
import { SegmentTorrent } from '../src/segment/segment-torrent.js';
import { FakeLink, hash, World } from './scheduler-fixtures.js';
import { type Sample, sample, streamPair, torrentClients, torrentsOf, until } from './torrent-fixtures.js';

jest.setTimeout(60_000);

const DURATION = 4_000;
const client = torrentClients();

/** A link to a viewer that has the segment, and gives at most `rate` bytes a second of it. */
class GivingLink extends FakeLink {
  readonly #torrent: SegmentTorrent;
  given = 0;

  constructor(
    n: number,
    readonly world: World,
    readonly segment: Sample,
    rate: number,
  ) {
    super(hash(n));
    const upload = new UploadGate(
      { maxUploadRate: rate },
      () => performance.now(),
      () => {},
    );
    const events = {
      onPiece: () => {},
      onBadPiece: () => {},
      onBlock: () => {},
      onServed: () => {},
      onUpload: (_id: string, bytes: number) => {
        this.given += bytes;
      },
      onDone: () => {},
    };
    const content = SegmentContent.of(segment.bytes, segment.info.parsed.pieceLength);
    this.#torrent = new SegmentTorrent(client(this.id), segment.info, events, content, { upload });
    this.has.add(segment.infoHash);
    world.links.set(this.id, this);
  }

  override begin(infoHash: string) {
    const [own, other] = streamPair(hash(500), this.id, infoHash);
    this.#torrent.addStream(other);
    this.begun.push(own);
    return own;
  }

  override send(_message: ControlMessage): void {}
}

/** A viewer of real segments over real wires; the origin answers at once, with everything. */
async function viewer(slack: number) {
  const given = await sample(400_000);
  const world = new World({ now: () => performance.now() });
  const asked: number[] = [];
  const neededAt = performance.now() + slack;
  const segment = new Segment(
    given.infoHash,
    given.bytes.byteLength,
    {
      torrents: () => torrentsOf(client(hash(500))),
      now: () => performance.now(),
      fetch: async () => {
        asked.push(performance.now());
        return new Response(given.bytes.slice());
      },
      originRequest: (url) => ({ url, init: {} }),
      hosts: new RangeHosts(),
      random: () => 0,
    },
    {
      onProgress: () => {},
      onComplete: () => {},
      onOriginFailed: () => {},
      onPieceBytes: () => {},
      onOriginLeft: (of) => world.scheduler.consider(of),
      onBlock: (of, peerId, bytes) => world.scheduler.blockArrived(of, peerId, bytes),
      onServed: (peerId, bytes, ms) => world.links.get(peerId)?.throughput.add(bytes, ms, performance.now()),
      onBadPiece: () => {},
      onUpload: () => {},
    },
  );
  segment.list({
    url: 'https://origin.test/1.ts',
    range: undefined,
    infoHash: given.infoHash,
    length: given.bytes.byteLength,
    duration: DURATION,
    mediaSequence: 1,
    info: given.info.encoded,
  });
  world.segments.set(given.infoHash, segment as never);
  world.needed.set(given.infoHash, neededAt);
  return { given, world, segment, asked, neededAt };
}

describe('a viewer that is given a segment slowly', () => {
  it('asks the origin as soon as the rest would come too late, and not only shortly before it is needed', async () => {
    const { given, world, segment, asked, neededAt } = await viewer(6_000);
    const slow = new GivingLink(1001, world, given, 40_000);
    world.scheduler.consider(segment);
    await until(() => segment.complete);
    world.scheduler.stop();
    expect(slow.given).toBeGreaterThan(0);
    expect(asked).toHaveLength(1);
    // A second before it is needed is the deadline.
    expect(neededAt - (asked[0] ?? 0)).toBeGreaterThan(1_500);
    segment.destroy();
  });

  it('takes the rest from a faster one, not from the origin', async () => {
    const { given, world, segment, asked } = await viewer(20_000);
    const slow = new GivingLink(1001, world, given, 20_000);
    world.scheduler.consider(segment);
    await until(() => slow.given > 0);
    const fast = new GivingLink(1002, world, given, Number.POSITIVE_INFINITY);
    world.scheduler.consider(segment);
    await until(() => segment.complete);
    world.scheduler.stop();
    expect(asked).toEqual([]);
    expect(Buffer.compare(segment.bytes?.copy() ?? Buffer.of(), given.bytes)).toBe(0);
    expect(fast.given).toBeGreaterThan(slow.given);
    segment.destroy();
  });
});
