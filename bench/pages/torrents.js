/**
 * The floor of any delivery by WebTorrent: viewers in a row, wired by the bench itself, each linked to the two before it. The first gets each segment from
 * the origin; each segment is a torrent, which each viewer has from the one before it, over p2p-loader's own links and wires. No tracker, no choice, no
 * schedule: of the control messages there are those that name a segment and that it is here.
 */
import { Link, Torrents } from '/swarm.js';

/** Segments that are kept for the player and the viewer after, at most. */
const KEPT = 8;
/** Longest wait for the viewer before, ms: then the origin is asked. Its playlist may name a segment a target duration later. */
const PATIENCE = 8_000;
const MAGNET = /#EXTINF[^\n]*\n###magnet:\?xt=urn:btih:([0-9a-f]{40})&xl=(\d+)(?:&x\.info=(\S+))?\n(\S+)/g;

export const stats = { peerBytes: 0, originBytes: 0, uploadedBytes: 0, links: 0 };
/** By infohash: the torrents, and who waits for one. */
const segments = new Map();
const awaited = new Map();
/** By URL: infohash, length and info dictionary. */
const listed = new Map();
const links = new Set();
let torrents;
let before;
let after;
/** Viewers are numbered along the row, so that of two the one before opens the channels. */
let id = '0'.repeat(40);

function prepare(infoHash, info) {
  if (segments.has(infoHash)) return;
  const encoded = Uint8Array.from(atob(info.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
  const [head, length, pieceLength] = /^d6:lengthi(\d+)e4:name7:segment12:piece lengthi(\d+)e6:pieces\d+:/.exec(
    String.fromCharCode(...encoded.subarray(0, 120)),
  );
  const parsed = { length: +length, pieceLength: +pieceLength, pieces: encoded.subarray(head.length, -1) };
  torrents ??= new Torrents(id, (error) => globalThis.bench.errors.push(String(error)));
  const segment = { infoHash, info, streams: new Set(), begun: false, done: false };
  segments.set(infoHash, segment);
  segment.torrent = torrents.create(
    { encoded, parsed },
    {
      onPiece(_index, shares) {
        for (const [sender, bytes] of shares) stats[sender ? 'peerBytes' : 'originBytes'] += bytes;
        give(segment);
      },
      onBadPiece() {},
      onBlock() {},
      onServed() {},
      onUpload(_sender, bytes) {
        stats.uploadedBytes += bytes;
      },
      onDone() {
        segment.done = true;
        for (const link of links) if (!link.has.has(infoHash)) link.send({ t: 'have', h: [infoHash] });
        if (before)
          for (const stream of segment.streams) if (stream.peerId === before.id) segment.torrent.removeStream(stream);
        awaited.get(infoHash)?.(segment);
        awaited.delete(infoHash);
      },
    },
  );
  // Before its first bytes.
  const told = { t: 'new', h: infoHash, l: parsed.length, i: info, after: infoHash };
  for (const link of links) if (id < link.id) link.send(told, 0);
  for (const [oldest, { torrent }] of segments) {
    if (segments.size <= KEPT) break;
    segments.delete(oldest);
    torrent.destroy();
  }
}

/** To the viewer after, as soon as there is something to give. */
function give(segment) {
  if (segment.begun || !after?.open || after.has.has(segment.infoHash)) return;
  const stream = after.begin(segment.infoHash);
  if (!stream) return;
  segment.begun = true;
  attach(segment, stream);
}

function attach(segment, stream) {
  segment.streams.add(stream);
  stream.on('error', () => {});
  stream.on('close', () => segment.streams.delete(stream));
  segment.torrent.addStream(stream);
}

async function segment(url) {
  // hls.js asks before `list` has seen the playlist.
  await undefined;
  const { infoHash, info } = listed.get(url);
  if (info) prepare(infoHash, info);
  const known = segments.get(infoHash);
  if (known?.done) return known.torrent.content.copy();
  if (known && before?.open) {
    const done = await new Promise((resolve) => {
      awaited.set(infoHash, resolve);
      setTimeout(() => resolve(undefined), PATIENCE);
    });
    if (done) return done.torrent.content.copy();
  }
  const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
  if (!known) stats.originBytes += bytes.byteLength;
  else known.torrent.offerFromOrigin(bytes, { from: 0, to: bytes.byteLength });
  return bytes.slice();
}

/** A connection as bittorrent-tracker's client would give it to a `Link`. */
function peer(connection, channel, otherId) {
  const listeners = { connect: [], data: [], close: [], error: [] };
  const emit = (event, value) => {
    for (const listener of listeners[event]) listener(value);
  };
  channel.onopen = () => {
    one.connected = true;
    emit('connect');
  };
  channel.onmessage = ({ data }) => emit('data', data);
  channel.onclose = () => emit('close');
  const one = {
    id: otherId,
    channelName: channel.label,
    connected: channel.readyState === 'open',
    destroyed: false,
    _pc: connection,
    send: (data) => channel.send(data),
    destroy: () => connection.close(),
    on(event, listener) {
      listeners[event].push(listener);
      return one;
    },
  };
  return one;
}

function linkOver(connection, channel, otherId) {
  const link = new Link(peer(connection, channel, otherId), id, () => ({ n: 1, have: [] }), {
    onOpen() {
      links.add(link);
      stats.links = links.size;
    },
    onMessage(_link, message) {
      if (message.t === 'new') prepare(message.h, message.i);
      if (message.t !== 'have') return;
      const had = segments.get(message.h[0]);
      if (link === after && had)
        for (const stream of had.streams) if (stream.peerId === after.id) had.torrent.removeStream(stream);
    },
    onStream(_link, stream) {
      const known = segments.get(stream.infoHash);
      if (!known) return false;
      attach(known, stream);
      return true;
    },
    onSend() {},
    onClose: () => links.delete(link),
  });
  return link;
}

async function described(connection) {
  await new Promise((resolve) => {
    connection.onicegatheringstatechange = () => connection.iceGatheringState === 'complete' && resolve(undefined);
    if (connection.iceGatheringState === 'complete') resolve(undefined);
  });
  return { ...connection.localDescription.toJSON(), id };
}

let outgoing;
/** The bench carries these from one viewer to the next, and to the one after that. */
export const wiring = {
  async offer(isNext) {
    const connection = new RTCPeerConnection({ iceServers: [] });
    const channel = connection.createDataChannel('link');
    outgoing = { connection, channel, isNext };
    await connection.setLocalDescription();
    return described(connection);
  },
  async answer(offer, isNext) {
    if (isNext) id = String(Number(offer.id) + 1).padStart(40, '0');
    const connection = new RTCPeerConnection({ iceServers: [] });
    connection.ondatachannel = ({ channel }) => {
      const link = linkOver(connection, channel, offer.id);
      if (isNext) before = link;
    };
    await connection.setRemoteDescription({ type: offer.type, sdp: offer.sdp });
    await connection.setLocalDescription();
    return described(connection);
  },
  async accept(answer) {
    const { connection, channel, isNext } = outgoing;
    const link = linkOver(connection, channel, answer.id);
    if (isNext) after = link;
    await connection.setRemoteDescription({ type: answer.type, sdp: answer.sdp });
  },
};

/** hls.js's fLoader. */
export const fragmentLoader = (Hls) =>
  class extends Hls.DefaultConfig.loader {
    load(context, _config, { onSuccess, onError }) {
      const { loading } = this.stats;
      loading.start = performance.now();
      segment(context.url).then(
        (bytes) => {
          if (this.stats.aborted) return;
          loading.first = loading.end = performance.now();
          this.stats.loaded = this.stats.total = bytes.byteLength;
          onSuccess({ url: context.url, data: bytes.buffer }, this.stats, context, undefined);
        },
        (error) => onError({ code: 0, text: String(error) }, context, undefined, this.stats),
      );
    }
  };

/** Takes what a playlist lists: hls.js's event `hlsLevelLoaded`. */
export function list(_event, { details }) {
  const isFirst = listed.size === 0;
  for (const [, infoHash, , info, uri] of details.m3u8.matchAll(MAGNET)) {
    const url = new URL(uri, details.url).href;
    const known = listed.get(url);
    listed.set(url, { infoHash, info: info ?? known?.info });
    if (info && !known && !isFirst) prepare(infoHash, info);
  }
}
