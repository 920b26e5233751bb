/** The part of bittorrent-tracker 11's server that is used here; the package has no types. */
declare module 'bittorrent-tracker/server' {
  import type { EventEmitter } from 'node:events';
  import type { IncomingMessage } from 'node:http';
  import type { Duplex } from 'node:stream';

  /** What `onWebSocketConnection` needs of a `ws` socket. */
  export interface TrackerSocket extends EventEmitter {
    upgradeReq: IncomingMessage | null;
    send(data: string, done?: (error?: Error) => void): void;
  }

  export interface AnnounceParams {
    readonly peer_id: string;
    readonly left: number;
  }

  export interface TrackerServerOptions {
    /** Announce interval, ms; WebSocket clients are told a fifth of it. */
    interval?: number;
    http?: boolean;
    udp?: boolean;
    stats?: boolean;
    ws?: { noServer: true; maxPayload?: number };
    /** Viewers of one swarm that are remembered. */
    peersCacheLength?: number;
    peersCacheTtl?: number;
    filter?: (infoHash: string, params: AnnounceParams, done: (refusal: Error | null) => void) => void;
  }

  export default class Server extends EventEmitter {
    constructor(options?: TrackerServerOptions);
    readonly ws: {
      handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer, done: (socket: WebSocketLike) => void): void;
    };
    /** By infohash, 40 hex digits. */
    readonly torrents: Readonly<Record<string, { readonly peers: { readonly length: number } }>>;
    onWebSocketConnection(socket: TrackerSocket): void;
    close(done?: () => void): void;
  }

  /** The part of a `ws` WebSocket that is used here. */
  export interface WebSocketLike extends EventEmitter {
    send(data: string, done?: (error?: Error) => void): void;
    close(code?: number, reason?: string): void;
    terminate(): void;
    ping(): void;
    /** Sent, and not yet taken by the system, bytes. */
    readonly bufferedAmount: number;
  }
}
