import { jest } from '@jest/globals';
import SimplePeer from '@thaunknown/simple-peer/lite.js';
import { Link } from '../src/mesh/link.js';
import type { SignalledPeer } from '../src/mesh/peer-connection.js';
import type { SegmentStream } from '../src/mesh/segment-stream.js';
import { greeting, handshake, write } from './handshake.js';
import { until, viewerId } from './torrent-fixtures.js';

jest.setTimeout(60_000);

type Peer = SignalledPeer & {
  id: string;
  signal(data: unknown): void;
  on(event: 'signal', listener: (data: unknown) => void): Peer;
};

/** Two simple-peer objects joined by a real WebRTC connection on this machine, with the ids that a tracker gives them. */
function connectedPeers(a: string, b: string): [Peer, Peer] {
  const make = (initiator: boolean, id: string): Peer => {
    const peer = new SimplePeer({ initiator, trickle: true, config: { iceServers: [] } }) as unknown as Peer;
    peer.id = id;
    return peer;
  };
  const ends: [Peer, Peer] = [make(true, b), make(false, a)];
  ends[0].on('signal', (data) => ends[1].signal(data));
  ends[1].on('signal', (data) => ends[0].signal(data));
  return ends;
}

describe('simple-peer, as this package relies on it', () => {
  const open: Peer[] = [];
  afterEach(() => Promise.all(open.splice(0).map(closed)));

  /** One that ends because the other side did may never say `close`. */
  const closed = async (peer: Peer): Promise<void> => {
    peer.on('error', () => {});
    peer.destroy();
    await until(() => peer.destroyed || (peer as unknown as { _pc: object | null })._pc === null);
  };

  it('keeps its RTCPeerConnection in `_pc`, and names its main channel the same on both sides', async () => {
    const [a, b] = connectedPeers(viewerId(1), viewerId(2));
    open.push(a, b);
    await until(() => a.connected && b.connected);
    expect(a.channelName).toMatch(/^[0-9a-f]{40}$/);
    expect(b.channelName).toBe(a.channelName);
    for (const peer of [a, b]) {
      const { _pc } = peer as unknown as { _pc: RTCPeerConnection };
      expect(typeof _pc.createDataChannel).toBe('function');
      expect('ondatachannel' in _pc).toBe(true);
    }
  });

  it.each([
    ['the initiator', viewerId(1), viewerId(2)],
    ['the answerer', viewerId(2), viewerId(1)],
  ])('carries links and segments over channels of their own, opened by %s', async (_name, a, b) => {
    const [atA, atB] = connectedPeers(a, b);
    open.push(atA, atB);
    const begun: SegmentStream[] = [];
    const opened: string[] = [];
    const links = [
      [atA, a],
      [atB, b],
    ].map(
      ([peer, id]) =>
        new Link(peer as Peer, id as string, () => ({ n: 2, have: [] }), {
          onOpen: (link) => opened.push(link.id),
          onMessage: () => {},
          onStream: (_link, stream) => begun.push(stream) > 0,
          onClose: (link) => opened.splice(opened.indexOf(link.id), 1),
          now: () => performance.now(),
        }),
    );
    await until(() => opened.length === 2);
    const opener = links.find((link) => link.opens);
    const sent = Uint8Array.from({ length: 200_000 }, (_, i) => Math.imul(i, 2_654_435_761) >>> 24);
    for (const [round, digit] of ['a', 'b'].entries()) {
      const mine = greeting(opener?.begin(digit.repeat(40))) as SegmentStream;
      await until(() => begun.length > round && mine.connected);
      const theirs = begun[round] as SegmentStream;
      const received: Uint8Array[] = [];
      theirs.on('data', ((chunk: Uint8Array) => received.push(chunk)) as never);
      write(mine, sent);
      const whole = Buffer.concat([handshake(mine.infoHash), sent]);
      await until(() => received.reduce((sum, chunk) => sum + chunk.byteLength, 0) >= whole.byteLength);
      expect(Buffer.concat(received).equals(whole)).toBe(true);
      theirs.destroy();
      await until(() => mine.destroyed);
    }
    // Its main channel is still its own: the control protocol goes on.
    links[0]?.close();
    await until(() => opened.length === 0);
  });
});
