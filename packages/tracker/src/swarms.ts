/** Why an announce is refused. */
export type Refusal =
  /** The connection announces the stream under another peer id already. */
  | 'one peer id a connection and stream'
  /** The connection announces as many streams as it may. */
  | 'too many streams'
  /** All connections together do. */
  | 'this tracker is full'
  /** Another connection has announced this peer id. */
  | 'the peer id of another connection';

/** Streams that one connection may announce: a page with several players, each with its measuring mesh. */
const MAX_STREAMS_PER_CONNECTION = 16;
/** Streams with viewers. Where any stream is served, who announces chooses their names. */
const MAX_SWARMS = 100_000;

interface Member<Connection> {
  readonly peerId: string;
  readonly connection: Connection;
  /** Has all of it (BEP 3's `left` is 0). */
  complete: boolean;
  /** Its place in the list. */
  at: number;
}

/** The viewers of one stream. */
export class Swarm<Connection> {
  /** Viewers that have all of it. */
  complete = 0;
  readonly #members = new Map<string, Member<Connection>>();
  /** The same, for a choice at random that takes no longer with more of them. */
  readonly #list: Member<Connection>[] = [];

  get size(): number {
    return this.#list.length;
  }

  owner(peerId: string): Connection | undefined {
    return this.#members.get(peerId)?.connection;
  }

  add(peerId: string, connection: Connection): void {
    const member = { peerId, connection, complete: false, at: this.#list.length };
    this.#members.set(peerId, member);
    this.#list.push(member);
  }

  setComplete(peerId: string): void {
    const member = this.#members.get(peerId);
    if (member === undefined || member.complete) return;
    member.complete = true;
    this.complete++;
  }

  remove(peerId: string): void {
    const member = this.#members.get(peerId);
    if (member === undefined) return;
    const last = this.#list.pop() ?? member;
    this.#members.delete(peerId);
    if (member.complete) this.complete--;
    if (last !== member) this.#put(last, member.at);
  }

  /**
   * At most so many of the others, at random, each once.
   * @param random from 0, below 1
   */
  some(count: number, peerId: string, random: () => number): Connection[] {
    const chosen = new Set<Member<Connection>>();
    const own = this.#members.get(peerId);
    const last = this.#list.length - 1;
    for (let i = 0; i <= last && chosen.size < count; i++) {
      // Fisher and Yates, from the front.
      const [from, to] = [this.#list[i], this.#list[i + Math.floor(random() * (last - i + 1))]];
      if (from === undefined || to === undefined) break;
      const at = to.at;
      this.#put(to, i);
      if (from !== to) this.#put(from, at);
      if (to !== own) chosen.add(to);
    }
    return [...chosen].map(({ connection }) => connection);
  }

  #put(member: Member<Connection>, at: number): void {
    member.at = at;
    this.#list[at] = member;
  }
}

/**
 * Whose peer ids are whose, by stream. Offers and answers are passed on by peer id alone: without this one connection could be thousands of
 * viewers, or stop and replace another's. A viewer is known for as long as its connection is open.
 */
export class Swarms<Connection extends object> {
  readonly #swarms = new Map<string, Swarm<Connection>>();
  /** Peer ids by stream, of each connection. */
  readonly #announced = new Map<Connection, Map<string, string>>();
  #peers = 0;

  /** The viewers of a stream; undefined where it has none. */
  get(stream: string): Swarm<Connection> | undefined {
    return this.#swarms.get(stream);
  }

  /** Streams with viewers. */
  get size(): number {
    return this.#swarms.size;
  }

  /** Viewers, each counted once a stream. */
  get peers(): number {
    return this.#peers;
  }

  /** Takes a peer id for a connection; tells why not. One that it has already is its own. */
  claim(connection: Connection, stream: string, peerId: string): Refusal | undefined {
    const streams = this.#announced.get(connection) ?? new Map<string, string>();
    const own = streams.get(stream);
    if (own === peerId) return undefined;
    if (own !== undefined) return 'one peer id a connection and stream';
    if (streams.size >= MAX_STREAMS_PER_CONNECTION) return 'too many streams';
    const known = this.#swarms.get(stream);
    if (known?.owner(peerId) !== undefined) return 'the peer id of another connection';
    if (known === undefined && this.#swarms.size >= MAX_SWARMS) return 'this tracker is full';
    const swarm = known ?? new Swarm<Connection>();
    swarm.add(peerId, connection);
    this.#peers++;
    this.#swarms.set(stream, swarm);
    this.#announced.set(connection, streams.set(stream, peerId));
    return undefined;
  }

  /** The viewer has said that it stops: the connection may announce the stream under another peer id. */
  release(connection: Connection, stream: string): void {
    const streams = this.#announced.get(connection);
    const peerId = streams?.get(stream);
    const swarm = this.#swarms.get(stream);
    if (streams === undefined || peerId === undefined || swarm === undefined) return;
    streams.delete(stream);
    swarm.remove(peerId);
    this.#peers--;
    if (swarm.size === 0) this.#swarms.delete(stream);
  }

  /** The connection is closed. */
  forget(connection: Connection): void {
    for (const stream of this.#announced.get(connection)?.keys() ?? []) this.release(connection, stream);
    this.#announced.delete(connection);
  }
}
