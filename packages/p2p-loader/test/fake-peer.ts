import { EventEmitter } from 'node:events';
import type { SignalledPeer } from '../src/mesh/peer-connection.js';
import { FakeChannel } from './fake-channel.js';

/** One end of a connection as bittorrent-tracker's client gives it: simple-peer's surface, in memory. */
export class FakePeer extends EventEmitter implements SignalledPeer {
  connected = false;
  destroyed = false;
  /** Frames sent on the main channel. */
  readonly sent: string[] = [];
  readonly channels: FakeChannel[] = [];
  /** How the connection goes. */
  path = 'host';
  readonly _pc = {
    getStats: async () =>
      new Map<string, Record<string, unknown>>([
        ['here', { id: 'here', type: 'local-candidate', candidateType: 'host' }],
        ['there', { id: 'there', type: 'remote-candidate', candidateType: this.path }],
        ['pair', { id: 'pair', type: 'candidate-pair', localCandidateId: 'here', remoteCandidateId: 'there' }],
        ['transport', { id: 'transport', type: 'transport', selectedCandidatePairId: 'pair' }],
      ]),
    ondatachannel: null as ((event: { channel: FakeChannel }) => void) | null,
    createDataChannel: (): FakeChannel => {
      const [mine, theirs] = FakeChannel.pair();
      this.channels.push(mine);
      setImmediate(() => {
        this.other?._pc.ondatachannel?.({ channel: theirs });
        mine.open();
      });
      return mine;
    },
  };
  other: FakePeer | undefined;

  constructor(
    readonly id: string,
    readonly initiator = true,
    readonly channelName = 'main',
  ) {
    super();
  }

  /** The two ends of one connection: the first is seen by viewer `a`, and carries the id of viewer `b`. */
  static pair(a: string, b: string, channelName = 'main'): [FakePeer, FakePeer] {
    const atA = new FakePeer(b, true, channelName);
    const atB = new FakePeer(a, false, channelName);
    atA.other = atB;
    atB.other = atA;
    return [atA, atB];
  }

  connect(): void {
    this.connected = true;
    this.emit('connect');
  }

  send(data: string): void {
    if (this.destroyed) throw new Error('destroyed');
    this.sent.push(data);
    setImmediate(() => this.other?.destroyed || this.other?.emit('data', new TextEncoder().encode(data)));
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    setImmediate(() => {
      this.emit('close');
      this.other?.destroy();
    });
  }

  /** Types of the messages sent. */
  get types(): string[] {
    return this.sent.map((frame) => JSON.parse(frame).t);
  }
}
