import type { ControlMessage } from '../src/mesh/control.js';
import type { Link } from '../src/mesh/link.js';
import type { SegmentStream } from '../src/mesh/segment-stream.js';
import { Throughput } from '../src/mesh/throughput.js';
import { Sessions } from '../src/schedule/sessions.js';
import type { Segment } from '../src/segment/segment.js';

const hash = 'ab'.repeat(20);

/** One link, one segment, and a gate that the test moves. */
function room({ opens = false, complete = true } = {}) {
  const state = { gives: false, sent: [] as ControlMessage[], begun: 0, removed: 0 };
  const stream = () => ({ infoHash: hash, on: () => {}, destroy: () => {} }) as unknown as SegmentStream;
  const link = {
    id: 'cd'.repeat(20),
    open: true,
    opens,
    badPieces: 0,
    throughput: new Throughput(),
    has: new Set([hash]),
    receiving: new Set<string>(),
    asked: new Set<string>(),
    remember: (set: Set<string>, infoHash: string) => set.add(infoHash),
    send: (message: ControlMessage) => state.sent.push(message),
    begin: () => {
      state.begun += 1;
      return stream();
    },
  } as unknown as Link;
  const segment = {
    infoHash: hash,
    info: new Uint8Array(1),
    complete,
    fetching: false,
    giver: () => ({ owed: 0, alone: false, willing: false, leave: () => {} }),
    addStream: () => {},
    removeStream: () => {
      state.removed += 1;
    },
  } as unknown as Segment;
  const sessions = new Sessions({
    peerId: hash,
    links: () => new Map([[link.id, link]]),
    segment: () => segment,
    now: () => 0,
    random: () => 0,
    swarmSize: () => 2,
    gives: () => state.gives,
    onHope: () => {},
    onChange: () => {},
  });
  return { state, link, sessions, segment, stream };
}

describe('sessions of a viewer that gives nothing', () => {
  it('are refused, whichever side would open the channel', () => {
    const { state, link, sessions, stream } = room({ opens: true });
    sessions.receive(link, { t: 'want', h: hash });
    sessions.receive(link, { t: 'want', h: hash, i: true });
    expect(state.sent).toEqual([
      { t: 'no', h: hash },
      { t: 'no', h: hash },
    ]);
    expect(sessions.accept(link, stream())).toBe(false);
    expect(state.begun).toBe(0);
    state.gives = true;
    sessions.receive(link, { t: 'want', h: hash });
    expect(state.begun).toBe(1);
  });

  it('tell what the other side plays, whichever side would open the channel', () => {
    for (const opens of [true, false]) {
      const { link, sessions, stream } = room({ opens });
      if (opens) sessions.receive(link, { t: 'want', h: hash });
      else sessions.accept(link, stream());
      expect([...link.asked]).toEqual([hash]);
    }
  });

  it('are taken where it asked for them itself', () => {
    const { state, link, sessions, segment, stream } = room({ complete: false });
    sessions.connect(segment, 60_000);
    expect(state.sent).toEqual([{ t: 'want', h: hash }]);
    expect(sessions.accept(link, stream())).toBe(true);
    expect(sessions.room(segment)).toBe(0);
  });

  it('end where they only gave, when it begins to give nothing', () => {
    const giving = room();
    giving.state.gives = true;
    expect(giving.sessions.accept(giving.link, giving.stream())).toBe(true);
    giving.sessions.withdraw();
    expect(giving.state.removed).toBe(1);
    const taking = room({ complete: false });
    taking.sessions.connect(taking.segment, 60_000);
    taking.sessions.accept(taking.link, taking.stream());
    taking.sessions.withdraw();
    expect(taking.state.removed).toBe(0);
  });
});
