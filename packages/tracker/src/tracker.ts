import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { shadowStream, streamId } from '@live-torrent/manifest-magnetizer';
import { type Announce, parseAnnounce } from './announce-message.js';
import { AnnounceTokens } from './announce-tokens.js';
import type { Connection } from './connection.js';
import { ConnectionGuard } from './connection-guard.js';
import { Swarms } from './swarms.js';
import { WebSocketServer } from './vendor/ws.js';

/** Viewers announce once per stream; this often they are asked to say that they are still there, s. */
const ANNOUNCE_INTERVAL = 60;
/** Largest message: twenty offers of 3 to 5 kB, bytes. */
const MAX_MESSAGE = 128 * 1024;
/** Streams that may be announced, where not any may: each Multivariant Playlist is one. */
const MAX_STREAMS = 1000;
/** Bytes of a stream's id that its groups have in common. */
const GROUPED = 10;
/** Connections, where nothing else is said. */
const MAX_CONNECTIONS = 100_000;
/** A connection whose peer id another one wants shows within this time that it is alive, ms. */
const PONG_WITHIN = 5_000;
/** Where it listens on a server that has other things to do. */
const PATH = '/announce';

/** What a tracker serves, and to whom. */
export interface TrackerOptions {
  /**
   * The streams that may be announced, and no others: each by its id in the second line of its playlists (40 hex digits), by the URL of its
   * playlist, or by the name that the magnetizer was given as `stream`. More may come by `allow()`. Default: any stream.
   */
  readonly streams?: readonly string[];
  /** Only connections with a token that is signed with this are taken, see `AnnounceTokens`. Default: all are. */
  readonly secret?: string;
  /** Connections at a time; further ones are answered 503. Default 100,000. */
  readonly maxConnections?: number;
  /** Steady clock, ms. */
  readonly clock?: () => number;
  /** Wall clock, by which tokens expire, ms since the epoch. */
  readonly now?: () => number;
  /** From 0, below 1: chooses who gets an offer. */
  readonly random?: () => number;
}

/** What a tracker does; numbers with "since" in their description only grow. */
export interface TrackerStats {
  /** Connections that are open. */
  readonly connections: number;
  /** Streams with viewers. */
  readonly streams: number;
  /** Viewers, each counted once a stream. */
  readonly peers: number;
  /** Announces and answers since it was made. */
  readonly announces: number;
  /** Offers and answers passed on since it was made. */
  readonly passedOn: number;
  /** Announces, and connections, refused since it was made. */
  readonly refused: number;
}

/** A WebTorrent tracker on a server that is there already. */
export interface Tracker {
  /** Lets viewers of this stream meet, named as in `TrackerOptions.streams`. The oldest of 1,000 is forgotten for one more. */
  allow(stream: string): void;
  /**
   * Listens on a server of Node's at a path; upgrades to other paths are left to whoever else listens for them, and where nobody does they
   * are answered 404.
   * @param path default `/announce`
   */
  attach(server: HttpServer | HttpsServer, path?: string): void;
  /** Takes over one connection that asks for an upgrade to the WebSocket protocol (RFC 6455 §4.2), or answers why not. */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  readonly stats: TrackerStats;
  /** Ends all connections, and listens no more. Viewers come back to the next one after 10 to 20 s, each at its own time. */
  close(): void;
}

/** A WebTorrent tracker: JSON over WebSockets, with offers and answers of WebRTC in the announces. */
export function createTracker(options: TrackerOptions = {}): Tracker {
  return new StreamTracker(options);
}

class StreamTracker implements Tracker {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE,
    perMessageDeflate: false,
    clientTracking: false,
  });
  /** The first bytes of ids, as hex digits. Undefined: any. */
  readonly #allowed: Set<string> | undefined;
  readonly #tokens: AnnounceTokens | undefined;
  readonly #maxConnections: number;
  readonly #random: () => number;
  readonly #connections = new Set<Connection>();
  /** Those that are told to close: what they still say does not count. */
  readonly #ended = new WeakSet<Connection>();
  readonly #swarms = new Swarms<Connection>();
  /** Connections that are asked whether they are alive. */
  readonly #asked = new Set<Connection>();
  readonly #guard: ConnectionGuard;
  readonly #detach = new Set<() => void>();
  #announces = 0;
  #passedOn = 0;
  #refused = 0;
  #closed = false;

  constructor(options: TrackerOptions) {
    const { streams, secret, maxConnections = MAX_CONNECTIONS, clock = () => performance.now() } = options;
    const { now = () => Date.now(), random = Math.random } = options;
    if (secret === '') throw new TypeError('secret: is empty');
    if (!(maxConnections >= 1)) throw new TypeError(`maxConnections: ${maxConnections} is not a number above 0`);
    this.#guard = new ConnectionGuard(clock);
    this.#tokens = secret === undefined ? undefined : new AnnounceTokens(secret, now);
    this.#maxConnections = maxConnections;
    this.#random = random;
    this.#allowed = streams && new Set();
    for (const stream of streams ?? []) this.allow(stream);
  }

  allow(stream: string): void {
    const allowed = this.#allowed;
    if (allowed === undefined) return;
    const named = streamId(stream);
    // Those who only measure meet apart.
    for (const id of [named, shadowStream(named)]) {
      const one = id.slice(0, 2 * GROUPED);
      allowed.delete(one);
      allowed.add(one);
    }
    while (allowed.size > 2 * MAX_STREAMS) for (const oldest of [...allowed].slice(0, 2)) allowed.delete(oldest);
  }

  attach(server: HttpServer | HttpsServer, path = PATH): void {
    const listener = (req: IncomingMessage, socket: Duplex, head: Buffer): void => {
      if (pathOf(req) === path) this.upgrade(req, socket, head);
      else if (server.listenerCount('upgrade') === 1) refuseUpgrade(socket, '404 Not Found');
    };
    server.on('upgrade', listener);
    const detach = (): void => {
      server.off('upgrade', listener);
      this.#detach.delete(detach);
    };
    this.#detach.add(detach);
    server.once('close', detach);
  }

  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    const token = new URLSearchParams(/\?(.*)$/s.exec(req.url ?? '')?.[1]).get('token');
    const isFull = this.#connections.size >= this.#maxConnections;
    if (this.#closed || isFull || this.#tokens?.accepts(token) === false) {
      this.#refused++;
      refuseUpgrade(socket, this.#closed || isFull ? '503 Service Unavailable' : '403 Forbidden');
      return;
    }
    // What is broken before it is a WebSocket.
    socket.on('error', () => socket.destroy());
    this.#server.handleUpgrade(req, socket, head, (client: Connection) => {
      this.#connections.add(client);
      this.#guard.add(client, socket);
      client.on('message', (data: Buffer) => this.#receive(client, data));
      client.on('error', () => client.terminate());
      client.on('close', () => {
        this.#connections.delete(client);
        this.#swarms.forget(client);
      });
    });
  }

  /** Anything but a well-formed announce closes the connection. */
  #receive(client: Connection, data: Buffer): void {
    if (this.#ended.has(client)) return;
    const isTaken = this.#guard.message(client, data.length);
    const announce = isTaken ? parseAnnounce(data.toString()) : undefined;
    if (announce === undefined) {
      this.#ended.add(client);
      this.#swarms.forget(client);
      client.close(1008, isTaken ? 'not an announce' : 'too many messages');
      return;
    }
    const { info_hash: stream, peer_id: peerId, answer, to_peer_id: to, offer_id, event } = announce;
    const refusal = this.#isAllowed(stream)
      ? this.#swarms.claim(client, stream, peerId)
      : 'this tracker does not serve that stream';
    if (refusal !== undefined) {
      this.#refuse(client, announce, refusal);
      return;
    }
    this.#announces++;
    if (answer !== undefined && to !== undefined) {
      this.#passOn(this.#swarms.get(stream)?.owner(to), announce, { answer, offer_id });
      return;
    }
    if (event === 'stopped') this.#swarms.release(client, stream);
    const swarm = this.#swarms.get(stream);
    if (event === 'completed' || announce.left === 0) swarm?.setComplete(peerId);
    const complete = swarm?.complete ?? 0;
    const incomplete = (swarm?.size ?? 0) - complete;
    this.#send(client, { interval: ANNOUNCE_INTERVAL, info_hash: stream, complete, incomplete });
    const { offers = [] } = announce;
    if (event === 'stopped' || offers.length === 0) return;
    for (const [i, other] of (swarm?.some(offers.length, peerId, this.#random) ?? []).entries()) {
      this.#passOn(other, announce, { offer: offers[i]?.offer, offer_id: offers[i]?.offer_id });
    }
  }

  /** Groups of a stream's viewers meet under its first ten bytes, and ten of their own. */
  #isAllowed(stream: string): boolean {
    return this.#allowed?.has(Buffer.from(stream.slice(0, GROUPED), 'latin1').toString('hex')) ?? true;
  }

  #passOn(to: Connection | undefined, { info_hash, peer_id }: Announce, what: object): void {
    if (to === undefined) return;
    this.#passedOn++;
    this.#send(to, { ...what, peer_id, info_hash });
  }

  #refuse(client: Connection, { info_hash, peer_id }: Announce, reason: string): void {
    this.#refused++;
    this.#send(client, { info_hash, 'failure reason': reason });
    const owner = this.#swarms.get(info_hash)?.owner(peer_id);
    // A viewer whose network has changed comes back before its old connection is known to be dead.
    if (owner !== undefined && owner !== client) this.#checkAlive(owner);
  }

  #send(client: Connection, message: object): void {
    client.send(JSON.stringify({ action: 'announce', ...message }), ignore);
    this.#guard.sent(client);
  }

  #checkAlive(client: Connection): void {
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

  get stats(): TrackerStats {
    return {
      connections: this.#connections.size,
      streams: this.#swarms.size,
      peers: this.#swarms.peers,
      announces: this.#announces,
      passedOn: this.#passedOn,
      refused: this.#refused,
    };
  }

  close(): void {
    this.#closed = true;
    for (const detach of this.#detach) detach();
    this.#guard.close();
    this.#server.close();
    for (const client of this.#connections) client.terminate();
  }
}

/** A viewer that has gone needs no answer: its connection says so itself. */
const ignore = (): void => {};

/** The path of a request, in the origin form or the absolute one (RFC 9112 §3.2). */
function pathOf({ url = '' }: IncomingMessage): string {
  const path = url.replace(/[?#].*$/s, '');
  return path.startsWith('/') ? path : URL.canParse(path) ? new URL(path).pathname : '';
}

/**
 * Answers a request for an upgrade that nobody takes, for servers that pass some on by `Tracker.upgrade`.
 * @param socket that of Node's `upgrade` event
 * @param status code and reason phrase (RFC 9112 §4), such as `404 Not Found`
 */
export function refuseUpgrade(socket: Duplex, status: string): void {
  // Nobody else listens to one that breaks.
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
