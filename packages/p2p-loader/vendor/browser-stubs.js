/**
 * What a page never uses of webtorrent's dependencies, as one module. rollup.config.mjs names which import becomes
 * this file; every name that such an import binds is exported here, so that an unexpected one fails the build.
 */
import EventEmitter from 'events';

const noop = () => {};

/** `debug`: a factory of silent loggers. */
export default function debug() {
  return noop;
}

/** `webrtc-polyfill`: the browser's own. */
export const RTCPeerConnection = globalThis.RTCPeerConnection;
export const RTCSessionDescription = globalThis.RTCSessionDescription;
export const RTCIceCandidate = globalThis.RTCIceCandidate;

/** `create-torrent`: segments' info dictionaries are our own. */
export const parseInput = noop;

/** `chunk-store-iterator`: torrents are never loaded from streams. */
export const chunkStoreWrite = noop;

/** webtorrent's `lib/file.js`: a segment's one file is never read as one, webtorrent only notes whether its pieces are here. */
export class File {
  constructor(torrent, { length, offset }) {
    this.done = false;
    this._startPiece = (offset / torrent.pieceLength) | 0;
    this._endPiece = ((offset + length - 1) / torrent.pieceLength) | 0;
  }
  emit() {}
  _destroy() {}
}

/** `magnet-uri`: torrents come as files, and nobody reads their magnet links. */
export const encode = () => '';

/** `lib/server.js`: nothing is served over HTTP from here. */
export const NodeServer = undefined;
export const BrowserServer = undefined;

/** `torrent-discovery`: the mesh finds viewers, once per stream; a segment torrent finds nobody. */
export class Discovery extends EventEmitter {
  complete() {}
  destroy(done = noop) {
    queueMicrotask(done);
  }
}

/** `bittorrent-protocol/mse.js`: no RC4 over DTLS. */
export const MessageStreamEncryptor = undefined;
export const nativeRC4 = false;

/** `path`: only joins the name of a folder that is never made. */
export const path = {
  join: (...parts) => parts.join('/'),
  dirname: (name) => name,
  sep: '/',
  basename: (name) => name,
};

/** `cpus`: one. */
export const cpus = () => [{}];

/** `cross-fetch-ponyfill`: no `xs=` metadata URLs, no web seeds by URL. */
export const fetch = undefined;

/** `speed-limiter`: upload limits are the loader's, over all links and segments. */
export class ThrottleGroup {
  setRate() {}
  destroy() {}
}

/** `fs`: there is a folder for temporary files, as far as anybody asks. A TypeError as the bundle starts takes 12 ms: V8 reads all of it again for the line. */
export const fs = { statSync: () => true };

/** `net`, `os`: asked for one function at a time, in a `try` or behind `typeof`. */
export const empty = {};

/** `ut_pex`, DHT, UPnP, conn-pool, utp, IP sets, file stores: feature-tested by webtorrent with `typeof`; `memory-chunk-store`: the stores are our own. */
export const nothing = undefined;
export const Client = undefined;
