import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { TrackerServer, type TrackerSocket, type WebSocketLike } from '../vendor/tracker-server.js';
import { type Announce, parseAnnounce } from './announce-message.js';
import { ConnectionGuard } from './connection-guard.js';
import { PeerIds } from './peer-ids.js';

/** Viewers announce once per stream; this often they say that they are still there, s. */
const ANNOUNCE_INTERVAL = 60;
/** The tracker tells WebSocket clients a fifth of its interval. */
const INTERVAL_MS = ANNOUNCE_INTERVAL * 5 * 1000;
/** Viewers of one stream that are remembered; the tracker's own default, 1000, forgets the others' sockets. */
const PEERS_PER_STREAM = 100_000;
/** A viewer that was not heard of for this long is forgotten, ms. */
const PEER_TTL = 3 * ANNOUNCE_INTERVAL * 1000;
/** Largest message: twenty offers of 3 to 5 kB, bytes. */
const MAX_MESSAGE = 128 * 1024;
/** Streams that are remembered: each Multivariant Playlist is one. */
const MAX_STREAMS = 1000;
const FOREIGN = 'this tracker does not serve that stream';
/** A connection whose peer id another one wants shows within this time that it is alive, ms. */
const PONG_WITHIN = 5_000;

/** A WebTorrent tracker for the streams that this server announces, and for no others. */
export class Tracker {
  readonly #server: InstanceType<typeof TrackerServer>;
  readonly #streams = new Set<string>();
  readonly #sockets = new Set<WebSocketLike>();
  readonly #peerIds = new PeerIds<WebSocketLike>();
  /** Connections that are asked whether they are alive. */
  readonly #asked = new Set<WebSocketLike>();
  readonly #guard: ConnectionGuard;
  #announces = 0;

  /** @param clock Steady, ms. */
  constructor(clock: () => number = () => performance.now()) {
    this.#guard = new ConnectionGuard(clock);
    this.#server = new TrackerServer({
      http: false,
      udp: false,
      stats: false,
      ws: { noServer: true, maxPayload: MAX_MESSAGE },
      interval: INTERVAL_MS,
      peersCacheLength: PEERS_PER_STREAM,
      peersCacheTtl: PEER_TTL,
      filter: (_infoHash, _params, done) => {
        this.#announces++;
        done(null);
      },
    });
    // What a viewer got wrong has been answered to it; sockets that break are closed by the tracker.
    this.#server.on('warning', () => {});
    this.#server.on('error', () => {});
  }

  /** Lets viewers of this stream meet: 40 hex digits. The oldest is forgotten when there are too many. */
  allow(stream: string): void {
    this.#streams.delete(stream);
    this.#streams.add(stream);
    const [oldest] = this.#streams;
    if (this.#streams.size > MAX_STREAMS && oldest !== undefined) this.#streams.delete(oldest);
  }

  /** Takes over a connection that asks for an upgrade to the WebSocket protocol (RFC 6455 §4.2). */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.ws.handleUpgrade(req, socket, head, (client) => {
      this.#sockets.add(client);
      this.#guard.add(client, socket);
      client.on('close', () => this.#sockets.delete(client));
      this.#serve(client, req);
    });
  }

  /**
   * Passes on well-formed announces; anything else closes the connection. The tracker knows one peer id a socket, and forgets only that one when
   * it closes, so each peer id of a connection is a socket of its own to it.
   */
  #serve(client: WebSocketLike, req: IncomingMessage): void {
    const sockets = new Map<string, TrackerSocket>();
    client.on('message', (data: Buffer) => {
      if (!this.#guard.message(client, data.length)) return client.close(1008, 'too many messages');
      const text = data.toString();
      const announce = parseAnnounce(text);
      if (announce === undefined) return client.close(1008, 'not an announce');
      const { info_hash: stream, peer_id: peerId } = announce;
      // Nothing is remembered of streams that are none of ours.
      if (!this.#streams.has(Buffer.from(stream, 'latin1').toString('hex')))
        return this.#refuse(client, announce, FOREIGN);
      const refusal = this.#peerIds.claim(client, stream, peerId);
      if (refusal !== undefined) return this.#refuse(client, announce, refusal);
      const socket = sockets.get(peerId) ?? this.#open(client, req);
      sockets.set(peerId, socket);
      try {
        socket.emit('message', text);
      } catch {
        // The tracker has met with what it did not expect: no other viewer shall notice.
        return client.close(1011, 'the tracker cannot handle that');
      }
      if (announce.event === 'stopped') this.#peerIds.release(client, stream);
    });
    client.on('close', () => {
      this.#peerIds.forget(client);
      for (const socket of sockets.values()) socket.emit('close');
    });
    client.on('error', () => client.terminate());
  }

  #open(client: WebSocketLike, upgradeReq: IncomingMessage): TrackerSocket {
    const send = (data: string, done?: (error?: Error) => void): void => {
      client.send(data, done);
      this.#guard.sent(client);
    };
    const socket = Object.assign(new EventEmitter(), { upgradeReq, send });
    this.#server.onWebSocketConnection(socket);
    return socket;
  }

  #refuse(client: WebSocketLike, { info_hash, peer_id }: Announce, reason: string): void {
    client.send(JSON.stringify({ action: 'announce', info_hash, 'failure reason': reason }), () => {});
    this.#guard.sent(client);
    const owner = this.#peerIds.owner(info_hash, peer_id);
    // A viewer whose network has changed comes back before its old connection is known to be dead.
    if (owner !== undefined && owner !== client) this.#checkAlive(owner);
  }

  #checkAlive(client: WebSocketLike): void {
    if (this.#asked.has(client)) return;
    this.#asked.add(client);
    const done = (): void => {
      clearTimeout(timer);
      client.off('pong', done);
      this.#asked.delete(client);
    };
    const timer = setTimeout(() => client.terminate(), PONG_WITHIN);
    client.on('pong', done);
    client.once('close', done);
    client.ping();
  }

  /** Viewers connected, and announces and answers received. */
  get stats(): { peers: number; announces: number } {
    const swarms = Object.values(this.#server.torrents);
    return { peers: swarms.reduce((sum, { peers }) => sum + peers.length, 0), announces: this.#announces };
  }

  close(): void {
    this.#guard.close();
    this.#server.close();
    for (const socket of this.#sockets) socket.terminate();
  }
}
