import { createHash } from 'node:crypto';
import { noBytes } from '../src/figures/accounting.js';
import { PartExchange } from '../src/low-latency/part-exchange.js';
import { decodePartFrame, encodePartFrame, FRAME_BYTES, type PartFrame } from '../src/low-latency/part-frames.js';
import type { PartLink } from '../src/low-latency/part-neighbours.js';
import { patience, Role, waitFor } from '../src/low-latency/part-policy.js';
import type { PlaylistState } from '../src/playlists/playlist-catalog.js';
import { FakeChannel } from './fake-channel.js';
import { someBytes } from './fake-source.js';
import { until } from './torrent-fixtures.js';

const PART = someBytes(150_000);
const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');
const HASH = sha1(PART);
const idOf = (name: string): string => name.repeat(40);

/** A viewer of one rendition with links in memory. */
class Viewer {
  readonly links = new Map<string, PartLink & { badPieces: number; uploadedBytes: number }>();
  readonly counters = noBytes();
  readonly playlist = {} as PlaylistState;
  readonly banned: string[] = [];
  open = true;
  readonly exchange: PartExchange;

  constructor(readonly name: string) {
    this.exchange = new PartExchange({
      peerId: idOf(name),
      now: () => performance.now(),
      random: () => 0,
      counters: this.counters,
      upload: { open: true, admit: () => (this.open ? 0 : undefined) },
      mesh: { links: this.links as never, ban: (id) => void this.banned.push(id), isHelper: () => false },
      patience: () => 500,
    });
  }

  list(...hashes: string[]): void {
    this.exchange.list(this.playlist, hashes, true);
  }

  has(hash = HASH): boolean {
    return this.exchange.find(hash) !== undefined;
  }
}

function link(a: Viewer, b: Viewer): [FakeChannel, FakeChannel] {
  const ends = FakeChannel.pair();
  for (const [i, [own, other]] of (
    [
      [a, b],
      [b, a],
    ] as const
  ).entries()) {
    own.links.set(idOf(other.name), {
      id: idOf(other.name),
      opens: i === 0,
      partChannel: ends[i as 0 | 1].asRtc,
      openPartChannel: () => {},
      badPieces: 0,
      uploadedBytes: 0,
      throughput: { add: () => {} },
      noteSilence: () => {},
    } as never);
  }
  ends[0].open();
  return ends;
}

const settle = (ms = 30): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** Viewers in a row, each linked to the next, who have listed an older part and told each other. */
async function row(...names: string[]): Promise<Viewer[]> {
  const viewers = names.map((name) => new Viewer(name));
  for (let i = 1; i < viewers.length; i++) link(viewers[i - 1] as Viewer, viewers[i] as Viewer);
  for (const viewer of viewers) viewer.list('f'.repeat(40));
  await settle();
  return viewers;
}

describe('a part', () => {
  it('goes at once to links that play the rendition, and from them to theirs', async () => {
    const [a, b, c] = (await row('a', 'b', 'c')) as [Viewer, Viewer, Viewer];
    for (const viewer of [a, b, c]) viewer.list('f'.repeat(40), HASH);
    await a.exchange.take(HASH, PART);
    await until(() => c.has());
    expect(Buffer.compare(c.exchange.find(HASH) ?? Buffer.alloc(0), PART)).toBe(0);
    expect([a, b, c].map(({ counters }) => counters.peerBytes)).toEqual([0, PART.length, PART.length]);
    expect([a, b].map(({ counters }) => counters.uploadedBytes)).toEqual([PART.length, PART.length]);
  });

  it('that comes before the playlist lists it is kept until then', async () => {
    const [a, b] = (await row('a', 'b')) as [Viewer, Viewer];
    a.list('f'.repeat(40), HASH);
    await a.exchange.take(HASH, PART);
    await until(() => b.counters.peerBytes > 0);
    expect(b.has()).toBe(false);
    b.list('f'.repeat(40), HASH);
    expect(b.has()).toBe(true);
  });

  it('is not sent to who plays another rendition', async () => {
    const [a, b] = [new Viewer('a'), new Viewer('b')];
    link(a, b);
    a.list('e'.repeat(40));
    b.list('f'.repeat(40));
    await settle();
    a.list(HASH);
    await a.exchange.take(HASH, PART);
    await settle();
    expect(a.counters.uploadedBytes).toBe(0);
  });

  it('that a second link begins to send is spare, and that link sends none unasked until it is asked', async () => {
    const [a, b] = (await row('a', 'b')) as [Viewer, Viewer];
    const [other, own] = FakeChannel.pair();
    const heard: (PartFrame | undefined)[] = [];
    other.onmessage = ({ data }) => heard.push(decodePartFrame(data));
    link(new Viewer('c'), b);
    Object.assign(b.links.get(idOf('c')) as object, { partChannel: own.asRtc });
    other.open();
    const second = someBytes(70_000);
    for (const viewer of [a, b]) viewer.list(HASH, sha1(second));
    other.send(encodePartFrame({ type: 'plays', sha1: HASH }));
    await a.exchange.take(HASH, PART);
    await until(() => b.has());
    await settle();
    heard.length = 0;
    const frame = {
      sha1: HASH,
      word: undefined,
      waited: 0,
      length: PART.length,
      offset: 0,
      bytes: PART.subarray(0, 100),
    };
    other.send(encodePartFrame({ type: 'bytes', ...frame }));
    await until(() => heard.length > 0);
    expect(heard).toEqual([{ type: 'spare', sha1: HASH }]);
    await a.exchange.take(sha1(second), second);
    await until(() => heard.length > 1);
    expect(heard[1]).toMatchObject({ type: 'have', sha1: sha1(second) });
    other.send(encodePartFrame({ type: 'want', sha1: sha1(second) }));
    await until(() => heard.length > 2);
    expect(heard[2]).toMatchObject({ type: 'bytes', length: second.length });
  });

  it('of which a link says that it has it is asked for when nobody sends it', async () => {
    const b = new Viewer('b');
    const [other, own] = FakeChannel.pair();
    const heard: (PartFrame | undefined)[] = [];
    other.onmessage = ({ data }) => heard.push(decodePartFrame(data));
    link(new Viewer('c'), b);
    Object.assign(b.links.get(idOf('c')) as object, { partChannel: own.asRtc });
    other.open();
    b.list(HASH);
    other.send(encodePartFrame({ type: 'have', sha1: HASH, word: undefined }));
    await until(() => heard.some((frame) => frame?.type === 'want'));
  });

  it('whose bytes are others is not taken, and who sends two is sent away', async () => {
    const b = new Viewer('b');
    const [evil, own] = FakeChannel.pair();
    link(new Viewer('a'), b);
    const id = idOf('a');
    Object.assign(b.links.get(id) as object, { partChannel: own.asRtc });
    evil.open();
    b.list(HASH);
    await settle();
    for (let turn = 0; turn < 2; turn++) {
      const frame = { sha1: HASH, word: undefined, waited: 0, length: 9, offset: 0, bytes: new Uint8Array(9) };
      evil.send(encodePartFrame({ type: 'bytes', ...frame }));
      await until(() => b.counters.badPieces > turn);
    }
    expect(b.has()).toBe(false);
    expect(b.banned).toEqual([id]);
  });

  it('of the origin that is not what the playlist says is passed on to nobody', async () => {
    const [a, b] = (await row('a', 'b')) as [Viewer, Viewer];
    for (const viewer of [a, b]) viewer.list(HASH);
    await a.exchange.take(HASH, someBytes(100));
    await settle();
    expect([a.has(), b.has()]).toEqual([false, false]);
  });

  it('is given to nobody while nothing may be uploaded', async () => {
    const [a, b] = (await row('a', 'b')) as [Viewer, Viewer];
    a.open = false;
    for (const viewer of [a, b]) viewer.list(HASH);
    await a.exchange.take(HASH, PART);
    await settle();
    expect([a.has(), b.has()]).toEqual([true, false]);
  });
});

describe('frames', () => {
  const word = { root: '0123456789abcdef', after: 321 };
  it.each<PartFrame>([
    { type: 'plays', sha1: HASH },
    { type: 'want', sha1: HASH },
    { type: 'spare', sha1: HASH },
    { type: 'have', sha1: HASH, word },
    { type: 'have', sha1: HASH, word: undefined },
    { type: 'bytes', sha1: HASH, word, waited: 77, length: 5_000, offset: 4_000, bytes: someBytes(1_000) },
  ])('are read as they were written: $type', (frame) => {
    expect(decodePartFrame(encodePartFrame(frame).buffer)).toEqual(frame);
  });

  it('that are none, or tell of bytes beyond a part, are nothing', () => {
    const bytes = { type: 'bytes', sha1: HASH, word, waited: 0, offset: 0, bytes: someBytes(10) } as const;
    const wrong = [
      new Uint8Array(0),
      new Uint8Array(40).fill(9),
      encodePartFrame({ ...bytes, length: 9 }),
      encodePartFrame({ ...bytes, length: 2 ** 31 }),
      encodePartFrame({ ...bytes, length: 2 ** 20, bytes: someBytes(FRAME_BYTES + 1) }),
      encodePartFrame({ type: 'have', sha1: HASH, word }).subarray(0, 25).slice(),
    ];
    for (const frame of wrong) expect(decodePartFrame(frame.buffer)).toBeUndefined();
    expect(decodePartFrame('text')).toBeUndefined();
  });
});

describe('who fetches', () => {
  /** Parts are late in a row, as many as it takes. */
  const lateAgain = (role: Role): void => {
    role.late();
    if (role.isRoot) return;
    role.next();
    role.late();
  };

  it('is whoever two parts reached too late, until it hears of another root in good time with a lesser id', () => {
    const role = new Role('5');
    lateAgain(role);
    expect(role.isRoot).toBe(true);
    for (let part = 0; part < 4; part++) role.next();
    role.heard({ root: '7', after: 10 }, 500);
    role.heard({ root: '3', after: 400 }, 500);
    expect(role.isRoot).toBe(true);
    role.heard({ root: '3', after: 100 }, 500);
    expect(role.isRoot).toBe(false);
    expect(role.word(50)?.root).toBe('3');
  });

  it('is nobody whom one part reached too late: its page was busy', () => {
    const role = new Role('5');
    for (let time = 0; time < 5; time++) {
      role.late();
      expect(role.isRoot).toBe(false);
      for (let part = 0; part < 5; part++) role.next();
    }
  });

  it('stays a root for longer each time that it was wrong to step down, and as long as at first once it was right', () => {
    const role = new Role('5');
    const partsHeld = (): number => {
      lateAgain(role);
      for (let part = 0; ; part++) {
        role.heard({ root: '3', after: 10 }, 500);
        if (!role.isRoot) return part;
        role.next();
      }
    };
    expect([partsHeld(), partsHeld(), partsHeld()]).toEqual([4, 8, 16]);
    for (let part = 0; part < 20; part++) role.next();
    expect([partsHeld(), partsHeld()]).toEqual([4, 8]);
  });

  it('forgets a root that is not heard of any more', () => {
    const role = new Role('5');
    role.heard({ root: '3', after: 10 }, 500);
    expect(role.word(0)?.root).toBe('3');
    for (let part = 0; part < 5; part++) role.next();
    expect(role.word(0)).toBeUndefined();
  });

  it('waits so that a fetch is through before the player runs dry, and not at all with little left', () => {
    expect(patience(1_000, 100)).toBe(700);
    expect(patience(200, 100)).toBe(0);
    for (const u of [0, 0.5, 0.999]) {
      expect(waitFor(700, u)).toBeGreaterThan(500);
      expect(waitFor(700, u)).toBeLessThan(700);
    }
  });
});
