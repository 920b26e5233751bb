/** The parts of the bundled libraries that this package uses; they bring no types of their own. */

declare module 'streamx' {
  export class EventEmitter {
    on(event: string, listener: (...args: never[]) => void): this;
    once(event: string, listener: (...args: never[]) => void): this;
    removeListener(event: string, listener: (...args: never[]) => void): this;
    emit(event: string, ...args: unknown[]): boolean;
  }
  export class Duplex extends EventEmitter {
    constructor(options?: {
      highWaterMark?: number;
      byteLength?: (chunk: Uint8Array) => number;
      eagerOpen?: boolean;
      open?: (callback: (error?: Error | null) => void) => void;
      writev?: (batch: Uint8Array[], callback: (error?: Error | null) => void) => void;
      predestroy?: () => void;
      destroy?: (callback: (error?: Error | null) => void) => void;
    });
    readonly destroyed: boolean;
    readonly destroying: boolean;
    push(chunk: Uint8Array | null): boolean;
    end(): this;
    destroy(error?: Error): void;
  }
}

declare module 'bittorrent-protocol' {
  import { Duplex } from 'streamx';
  export interface WireRequest {
    readonly piece: number;
    readonly offset: number;
    readonly length: number;
  }
  export default class Wire extends Duplex {
    constructor(type?: string);
    readonly type: string;
    readonly peerId: string | null;
    readonly requests: readonly WireRequest[];
    readonly peerChoking: boolean;
    /** What the other side asked for and was not sent. */
    readonly peerRequests: readonly unknown[];
    peerPieces: { get(index: number): boolean; set(index: number, has: boolean): void };
    downloaded: number;
    uploaded: number;
    downloadSpeed(bytes?: number): number;
    handshake(infoHash: string, peerId: string, extensions?: { fast?: boolean; dht?: boolean }): void;
    bitfield(bits: Uint8Array): void;
    haveAll(): void;
    haveNone(): void;
    request(
      index: number,
      offset: number,
      length: number,
      callback?: (error: Error | null, block?: Uint8Array) => void,
    ): void;
    have(index: number): void;
    choke(): void;
    unchoke(): void;
    cancel(index: number, offset: number, length: number): void;
    setKeepAlive(enable: boolean): void;
    setTimeout(ms: number, unref?: boolean): void;
    use(extension: unknown): void;
    emit(event: 'unchoke'): boolean;
    on(event: 'handshake', listener: (infoHash: string, peerId: string) => void): this;
    on(event: 'interested' | 'unchoke' | 'close' | 'timeout', listener: () => void): this;
    on(event: 'piece', listener: (index: number, offset: number, block: Uint8Array) => void): this;
    on(event: 'upload', listener: (bytes: number) => void): this;
    on(
      event: 'request',
      listener: (
        index: number,
        offset: number,
        length: number,
        respond: (error: Error | null, block?: Uint8Array) => void,
      ) => void,
    ): this;
  }
}

declare module 'webtorrent' {
  import type Wire from 'bittorrent-protocol';
  import type { Duplex } from 'streamx';
  export interface Torrent {
    readonly infoHash: string;
    readonly destroyed: boolean;
    readonly ready: boolean;
    readonly done: boolean;
    readonly pieceLength: number;
    readonly wires: readonly Wire[];
    addPeer(connection: Duplex): boolean;
    addWebSeed(connection: Duplex): void;
    removePeer(id: string): void;
    select(from: number, to: number, priority: number): void;
    destroy(options: { destroyStore: boolean }, callback?: () => void): void;
    on(event: 'infoHash' | 'ready' | 'done' | 'close', listener: () => void): this;
    on(event: 'verified', listener: (index: number) => void): this;
    on(event: 'wire', listener: (wire: Wire) => void): this;
    on(event: 'warning' | 'error', listener: (error: Error) => void): this;
  }
  export interface TorrentOptions {
    store: unknown;
    storeCacheSlots: number;
    strategy: 'rarest' | 'sequential';
    skipVerify: boolean;
    uploads: number;
    alwaysChokeSeeders: boolean;
    announce: string[];
    destroyStoreOnDestroy: boolean;
  }
  export default class WebTorrent {
    constructor(options: Record<string, unknown>);
    readonly torrents: readonly Torrent[];
    add(torrentFile: Uint8Array, options: TorrentOptions): Torrent;
    destroy(callback?: () => void): void;
    on(event: 'error', listener: (error: Error) => void): this;
  }
}

declare module 'bittorrent-tracker/client' {
  export default class TrackerClient {
    constructor(options: {
      infoHash: string;
      peerId: string;
      announce: string[];
      port: number;
      rtcConfig: RTCConfiguration;
      getAnnounceOpts?: () => Record<string, unknown>;
    });
    start(options: { numwant: number; left: number }): void;
    update(options: { numwant: number; left: number }): void;
    stop(options: { left: number }): void;
    setInterval(ms: number): void;
    destroy(callback?: () => void): void;
    on(event: 'peer', listener: (peer: import('../mesh/peer-connection.js').SignalledPeer) => void): this;
    on(event: 'update', listener: (response: { complete: number; incomplete: number }) => void): this;
    on(event: 'warning' | 'error', listener: (error: Error) => void): this;
    /** The tracker is gone, or says what no tracker says; patched in (vendor/rollup-plugin.mjs), as `readMessage` is. */
    on(event: 'lost', listener: () => void): this;
    /** Reads each message of the tracker. @throws Error for what no tracker says */
    readMessage?: (text: string) => unknown;
  }
}
