import { Duplex } from 'streamx';
import type { ControlMessage } from '../src/mesh/control.js';
import type { Link } from '../src/mesh/link.js';
import { OtherViewer } from '../src/mesh/other-viewer.js';
import type { SegmentStream } from '../src/mesh/segment-stream.js';
import type { SchedulerEnvironment } from '../src/schedule/environment.js';
import { Scheduler } from '../src/schedule/scheduler.js';
import { Sessions } from '../src/schedule/sessions.js';
import type { Segment } from '../src/segment/segment.js';
import type { SegmentGiver } from '../src/segment/viewer-wires.js';

export const hash = (n: number): string => n.toString(16).padStart(40, '0');
/** This viewer's peer id: between those of `hash(1)` and `hash(1000)`. */
export const SELF = hash(500);

/** A stream that carries nothing. */
export function fakeStream(peerId: string, infoHash: string): SegmentStream {
  return Object.assign(new Duplex({}), { peerId, infoHash }) as unknown as SegmentStream;
}

/** A link that records. Those with a larger id than `SELF` are opened to by this viewer. */
export class FakeLink extends OtherViewer {
  override neighbours = new Set<string>();
  readonly sent: ControlMessage[] = [];
  readonly begun: SegmentStream[] = [];
  open = true;
  /** The test's clock, ms. */
  now = () => 0;
  /** No free channel. */
  full = false;

  constructor(readonly id: string) {
    super();
  }

  get opens(): boolean {
    return SELF < this.id;
  }

  get asLink(): Link {
    return this as unknown as Link;
  }

  noteSilence(): void {
    this.silences += 1;
    this.silentAt = this.now();
  }

  send(message: ControlMessage): void {
    this.sent.push(message);
  }

  begin(infoHash: string): SegmentStream | undefined {
    if (this.full) return undefined;
    const stream = fakeStream(this.id, infoHash);
    this.begun.push(stream);
    return stream;
  }

  types(type: ControlMessage['t']): ControlMessage[] {
    return this.sent.filter((message) => message.t === type);
  }
}

/** A segment that is as far as the test says. */
export class FakeSegment {
  readonly length = 1_000_000;
  readonly duration = 4_000;
  readonly sources = new Map<string, unknown>([['url', {}]]);
  readonly streams: SegmentStream[] = [];
  readonly removed: SegmentStream[] = [];
  complete = false;
  fetching = false;
  fetches = 0;
  peerBytes = 0;
  missing = 1_000_000;
  hasSome = false;
  /** Bytes asked of each link. */
  readonly debts = new Map<string, number>();
  /** Links that are asked for nothing more. */
  readonly left: string[] = [];
  /** Links that would give what others were asked for. */
  readonly willing = new Set<string>();
  /** The link that has what no other has. */
  alone: string | undefined;
  /** What `setInfo` answers. */
  takesInfo = true;

  constructor(
    readonly infoHash: string,
    public info: Uint8Array | undefined,
  ) {}

  get asSegment(): Segment {
    return this as unknown as Segment;
  }

  fetchFromOrigin(): void {
    this.fetching = true;
    this.fetches += 1;
  }

  giver(peerId: string): SegmentGiver {
    const leave = () => {
      this.left.push(peerId);
      this.debts.delete(peerId);
    };
    const [alone, willing] = [this.alone === peerId, this.willing.has(peerId)];
    return { owed: this.debts.get(peerId) ?? 0, alone, willing, leave };
  }

  setInfo(info: Uint8Array): boolean {
    if (this.takesInfo) this.info = info;
    return this.takesInfo;
  }

  addStream(stream: SegmentStream): void {
    this.streams.push(stream);
  }

  removeStream(stream: SegmentStream): void {
    this.removed.push(stream);
    stream.destroy();
  }
}

/** A scheduler among fake links and segments, with a clock that the test moves. */
export class World {
  now = 0;
  readonly links = new Map<string, FakeLink>();
  readonly segments = new Map<string, FakeSegment>();
  readonly broadcasts: { message: ControlMessage; to: Link[] }[] = [];
  /** When each segment is needed, ms; absent: not wanted. */
  readonly needed = new Map<string, number>();
  readonly hinted: string[] = [];
  random = 0.5;
  viewers = 100;
  readonly scheduler: Scheduler<Segment, Sessions>;

  constructor(changes: Partial<SchedulerEnvironment<Segment>> = {}) {
    this.scheduler = new Scheduler<Segment, Sessions>(
      {
        peerId: SELF,
        now: () => this.now,
        random: () => this.random,
        links: () => this.links as unknown as ReadonlyMap<string, Link>,
        broadcast: (message, to = () => true) => {
          const links = [...this.links.values()].map((link) => link.asLink);
          this.broadcasts.push({ message, to: links.filter(to) });
        },
        swarmSize: () => this.viewers,
        segment: (infoHash) => this.segments.get(infoHash)?.asSegment,
        dueAt: (segment) => this.needed.get(segment.infoHash),
        maxSlack: () => 4_000,
        hinted: (infoHash) => {
          this.hinted.push(infoHash);
          return this.segments.get(infoHash)?.asSegment;
        },
        ...changes,
      },
      (sessions) => new Sessions(sessions),
    );
  }

  link(n: number): FakeLink {
    const link = new FakeLink(hash(n));
    link.now = () => this.now;
    this.links.set(link.id, link);
    return link;
  }

  segment(n: number, neededAt?: number, info?: Uint8Array | null): FakeSegment {
    const segment = new FakeSegment(hash(n), info === null ? undefined : (info ?? Uint8Array.of(1)));
    this.segments.set(segment.infoHash, segment);
    if (neededAt !== undefined) this.needed.set(segment.infoHash, neededAt);
    return segment;
  }

  receive(link: FakeLink, message: ControlMessage): void {
    this.scheduler.receive(link.asLink, message);
  }

  told(type: ControlMessage['t']): ControlMessage[] {
    return this.broadcasts.map(({ message }) => message).filter((message) => message.t === type);
  }
}
