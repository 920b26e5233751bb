/** Why an announce is refused. */
export type Refusal =
  /** The connection announces the stream under another peer id already. */
  | 'one peer id a connection and stream'
  /** The connection announces as many streams as it may. */
  | 'too many streams'
  /** Another connection has announced this peer id. */
  | 'the peer id of another connection';

/** Streams that one connection may announce: a page with several players, each with its measuring mesh. */
const MAX_STREAMS_PER_CONNECTION = 16;

/**
 * Whose peer ids are whose. Trackers answer, and pass offers on, by peer id alone: without this one connection could be thousands of viewers,
 * or stop and replace another's.
 */
export class PeerIds<Connection extends object> {
  /** The connection that has a peer id, by stream and peer id. */
  readonly #owners = new Map<string, Connection>();
  /** Peer ids by stream, of each connection. */
  readonly #announced = new Map<Connection, Map<string, string>>();

  /** Takes a peer id for a connection; tells why not. One that it has already is its own. */
  claim(connection: Connection, stream: string, peerId: string): Refusal | undefined {
    const streams = this.#announced.get(connection) ?? new Map<string, string>();
    const own = streams.get(stream);
    if (own === peerId) return undefined;
    if (own !== undefined) return 'one peer id a connection and stream';
    if (streams.size >= MAX_STREAMS_PER_CONNECTION) return 'too many streams';
    if (this.owner(stream, peerId) !== undefined) return 'the peer id of another connection';
    this.#owners.set(keyOf(stream, peerId), connection);
    this.#announced.set(connection, streams.set(stream, peerId));
    return undefined;
  }

  owner(stream: string, peerId: string): Connection | undefined {
    return this.#owners.get(keyOf(stream, peerId));
  }

  /** The viewer has said that it stops: the connection may announce the stream under another peer id. */
  release(connection: Connection, stream: string): void {
    const streams = this.#announced.get(connection);
    const peerId = streams?.get(stream);
    if (streams === undefined || peerId === undefined) return;
    streams.delete(stream);
    this.#owners.delete(keyOf(stream, peerId));
  }

  /** The connection is closed. */
  forget(connection: Connection): void {
    for (const stream of this.#announced.get(connection)?.keys() ?? []) this.release(connection, stream);
    this.#announced.delete(connection);
  }
}

function keyOf(stream: string, peerId: string): string {
  return `${stream} ${peerId}`;
}
