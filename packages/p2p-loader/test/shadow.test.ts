import { jest } from '@jest/globals';
import { shadowStream } from '@live-torrent/manifest-magnetizer';
import { UploadGate, type UploadLimits } from '../src/manners/upload-gate.js';
import type { ControlMessage } from '../src/mesh/control.js';
import type { Link } from '../src/mesh/link.js';
import type { ListedSegment } from '../src/playlists/listed-segment.js';
import { SAFETY_MARGIN_MS } from '../src/schedule/policy.js';
import { Scheduler } from '../src/schedule/scheduler.js';
import { ShadowSegment } from '../src/shadow/shadow-segment.js';
import { ShadowSessions } from '../src/shadow/shadow-sessions.js';
import { ShadowTally } from '../src/shadow/shadow-tally.js';
import { FakeLink, hash } from './scheduler-fixtures.js';

const ORIGIN_TIME = 200;
const SLACK = 4_000;
let now = 0;

/** Moves the clock and the timers together. */
const pass = (ms: number): void => {
  for (let left = ms; left > 0; left -= 10) {
    now += 10;
    jest.advanceTimersByTime(10);
  }
};

/** A link whose messages reach the viewer at its other end. */
class Wire extends FakeLink {
  other: Viewer | undefined;

  constructor(
    id: string,
    readonly from: Viewer,
  ) {
    super(id);
  }

  override send(message: ControlMessage): void {
    super.send(message);
    queueMicrotask(() => this.other?.hear(this.from.id, message));
  }
}

/** A viewer in shadow mode, without mesh and page. */
class Viewer {
  readonly tally = new ShadowTally();
  readonly links = new Map<string, Wire>();
  readonly segments = new Map<string, ShadowSegment>();
  readonly scheduler: Scheduler<ShadowSegment, ShadowSessions>;

  constructor(
    readonly id: string,
    readonly random: number,
    limits: UploadLimits = {},
  ) {
    const upload = new UploadGate(
      limits,
      () => now,
      () => {},
    );
    this.scheduler = new Scheduler(
      {
        peerId: id,
        now: () => now,
        random: () => random,
        links: () => this.links as unknown as ReadonlyMap<string, Link>,
        broadcast: (message) => {
          for (const link of this.links.values()) link.send(message);
        },
        gives: () => upload.hasRoom,
        swarmSize: () => 2,
        segment: (infoHash) => this.segments.get(infoHash),
        dueAt: (segment) => segment.neededAt,
        maxSlack: () => SLACK,
        hinted: () => undefined,
      },
      (environment) => new ShadowSessions(environment, upload, this.tally),
    );
  }

  /** Its playlist lists segment `n`. */
  list(n: number, neededAt = now + SLACK + SAFETY_MARGIN_MS): ShadowSegment {
    const listed = { infoHash: hash(n), length: 500_000, duration: 4_000, url: `https://tv.test/${n}.ts` };
    const segment = new ShadowSegment(
      listed as ListedSegment,
      neededAt,
      true,
      () => ORIGIN_TIME,
      (done, from) => {
        this.tally.add(done.listed, from);
        this.scheduler.completed(done);
      },
    );
    this.segments.set(listed.infoHash, segment);
    this.scheduler.consider(segment);
    return segment;
  }

  hear(from: string, message: ControlMessage): void {
    const link = this.links.get(from);
    if (!link) return;
    if (message.t === 'have') for (const infoHash of message.h) link.has.add(infoHash);
    this.scheduler.receive(link.asLink, message);
  }
}

/** Two viewers with a link: the first one's timers end early, of segments that its id is nearer to, such as the fifth. */
function pair(limits: UploadLimits = {}): [Viewer, Viewer] {
  const viewers: [Viewer, Viewer] = [new Viewer(hash(1), 0.01, limits), new Viewer(hash(2), 0.9)];
  for (const [side, viewer] of viewers.entries()) {
    const other = viewers[1 - side] as Viewer;
    const wire = new Wire(other.id, viewer);
    wire.other = other;
    viewer.links.set(other.id, wire);
  }
  return viewers;
}

const passAll = async (ms: number): Promise<void> => {
  for (let left = ms; left > 0; left -= 50) {
    pass(50);
    await new Promise((resolve) => setImmediate(resolve));
  }
};

describe('shadow mode', () => {
  beforeEach(() => {
    now = 10_000;
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick', 'setImmediate', 'performance'] });
  });
  afterEach(() => jest.useRealTimers());

  it('counts a segment that one viewer would have fetched, and given to the other', async () => {
    const [a, b] = pair();
    a.list(5);
    b.list(5);
    await passAll(6_000);
    expect(a.tally.stats).toEqual({
      peerBytes: 0,
      originBytes: 500_000,
      uploadedBytes: 500_000,
      segments: { fromPeers: 0, fromOrigin: 1 },
    });
    expect(b.tally.stats).toEqual({
      peerBytes: 500_000,
      originBytes: 0,
      uploadedBytes: 0,
      segments: { fromPeers: 1, fromOrigin: 0 },
    });
  });

  it('says so by a word in the place of the bytes, and opens no channel', async () => {
    const [a, b] = pair();
    a.list(5);
    b.list(5);
    await passAll(6_000);
    const [toB, toA] = [a.links.get(b.id) as Wire, b.links.get(a.id) as Wire];
    expect(toA.types('want')).toHaveLength(1);
    expect(toB.types('gave')).toEqual([{ t: 'gave', h: hash(5) }]);
    expect([toA.begun, toB.begun]).toEqual([[], []]);
  });

  it('counts what is needed at once as the origin’s', async () => {
    const [a, b] = pair();
    for (const viewer of [a, b]) viewer.list(7, now);
    await passAll(2_000);
    for (const { tally } of [a, b]) expect(tally.stats.segments).toEqual({ fromPeers: 0, fromOrigin: 1 });
  });

  it('minds the limits of what would be given', async () => {
    const [a, b] = pair({ maxUploadBytes: 700_000 });
    for (const n of [7, 8]) {
      a.list(n);
      b.list(n);
      await passAll(6_000);
    }
    expect(a.tally.stats.uploadedBytes).toBe(500_000);
    expect(b.tally.stats.segments).toEqual({ fromPeers: 1, fromOrigin: 1 });
  });

  it('counts no word that nobody asked for', async () => {
    const [, b] = pair();
    b.list(7);
    b.hear(hash(1), { t: 'gave', h: hash(7) });
    expect(b.tally.stats.segments).toEqual({ fromPeers: 0, fromOrigin: 0 });
  });

  it('meets in a mesh of its own, named by the complement', () => {
    const stream = '0123456789abcdef'.padEnd(40, '7');
    expect(shadowStream(stream)).toBe('fedcba9876543210'.padEnd(40, '8'));
    expect(shadowStream(shadowStream(stream))).toBe(stream);
  });
});
