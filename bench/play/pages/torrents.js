// @ts-check
/**
 * The floor of any delivery by WebTorrent: viewers in a row, wired by the bench itself, each linked to the two before it. The first gets each segment from
 * the origin; each segment is a torrent, which each viewer has from the one before it, over p2p-loader's own links and wires. No tracker, no choice, no
 * schedule: of the control messages there are those that name a segment and that it is here.
 */

import { readSegments } from '@live-torrent/manifest-magnetizer';
import { formatInfo, parseInfo, readInfo } from '@live-torrent/manifest-magnetizer/info';
import { Link, Torrents } from '/swarm.js';
import { described, KEPT, loaderOf, patiently } from './wired.js';

export const stats = { peerBytes: 0, originBytes: 0, uploadedBytes: 0, links: 0 };
/**
 * @typedef {InstanceType<typeof Torrents>} SegmentTorrents
 * @typedef {import('../../../packages/p2p-loader/src/mesh/link.js').Link} OneLink
 * @typedef {import('../../../packages/p2p-loader/src/mesh/segment-stream.js').SegmentStream} Stream
 * @typedef {{ infoHash: string, streams: Set<Stream>, begun: boolean, done: boolean, torrent: ReturnType<SegmentTorrents['create']> }} Held
 */
/** By infohash: the torrents, and who waits for one. @type {Map<string, Held>} */
const segments = new Map();
/** @type {Map<string, (segment: Held) => void>} */
const awaited = new Map();
/** Infohashes by URL. @type {Map<string, string>} */
const listed = new Map();
/** Lengths and info dictionaries by infohash. @type {Map<string, { length: number, info: Uint8Array | undefined }>} */
const magnets = new Map();
/** @type {Set<OneLink>} */
const links = new Set();
/** @type {SegmentTorrents | undefined} */
let torrents;
/** @type {OneLink | undefined} */
let before;
/** @type {OneLink | undefined} */
let after;
/** Viewers are numbered along the row, so that of two the one before opens the channels. */
let id = '0'.repeat(40);

/** @param {string} infoHash @param {Uint8Array} encoded */
function prepare(infoHash, encoded) {
  if (segments.has(infoHash)) return;
  const parsed = parseInfo(encoded);
  if (!parsed) throw new Error(`${infoHash}: no info dictionary`);
  torrents ??= new Torrents(id, (error) => globalThis.bench.errors.push(String(error)));
  const torrent = torrents.create(
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
        part(segment, before);
        awaited.get(infoHash)?.(segment);
        awaited.delete(infoHash);
      },
    },
  );
  /** @type {Held} */
  const segment = { infoHash, streams: new Set(), begun: false, done: false, torrent };
  segments.set(infoHash, segment);
  // Before its first bytes.
  /** @type {Parameters<OneLink['send']>[0]} */
  const told = { t: 'new', h: infoHash, l: parsed.length, i: formatInfo(encoded), after: infoHash };
  for (const link of links) if (id < link.id) link.send(told, 0);
  for (const [oldest, { torrent }] of segments) {
    if (segments.size <= KEPT) break;
    segments.delete(oldest);
    torrent.destroy();
  }
}

/** To the viewer after, as soon as there is something to give. @param {Held} segment */
function give(segment) {
  if (segment.begun || !after?.open || after.has.has(segment.infoHash)) return;
  const stream = after.begin(segment.infoHash);
  if (!stream) return;
  segment.begun = true;
  attach(segment, stream);
}

/** @param {Held} segment @param {Stream} stream */
function attach(segment, stream) {
  segment.streams.add(stream);
  stream.on('error', () => {});
  stream.on('close', () => segment.streams.delete(stream));
  segment.torrent.addStream(stream);
}

/** One of the two has all that the other lacked. @param {Held} segment @param {OneLink | undefined} link */
function part({ streams, torrent }, link) {
  for (const stream of streams) if (stream.peerId === link?.id) torrent.removeStream(stream);
}

/** @param {string} url */
async function segment(url) {
  // hls.js asks before `list` has seen the playlist.
  await undefined;
  const infoHash = listed.get(url) ?? '';
  const info = magnets.get(infoHash)?.info;
  if (info) prepare(infoHash, info);
  const known = segments.get(infoHash);
  if (known?.done) return known.torrent.content.copy();
  if (known && before?.open) {
    const done = await patiently(awaited, infoHash);
    if (done) return done.torrent.content.copy();
  }
  const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
  if (!known) stats.originBytes += bytes.byteLength;
  else known.torrent.offerFromOrigin(bytes, { from: 0, to: bytes.byteLength });
  return bytes.slice();
}

/**
 * A connection as bittorrent-tracker's client would give it to a `Link`.
 * @param {RTCPeerConnection} connection @param {RTCDataChannel} channel @param {string} otherId
 * @returns {ConstructorParameters<typeof Link>[0]}
 */
function peer(connection, channel, otherId) {
  const heard = new EventTarget();
  const emit = (/** @type {string} */ event, /** @type {unknown} */ detail = undefined) =>
    heard.dispatchEvent(new CustomEvent(event, { detail }));
  channel.onopen = () => {
    one.connected = true;
    emit('connect');
  };
  channel.onmessage = ({ data }) => emit('data', data);
  channel.onclose = () => emit('close');
  const one = {
    id: otherId,
    initiator: id < otherId,
    channelName: channel.label,
    connected: channel.readyState === 'open',
    destroyed: false,
    _pc: connection,
    send: (/** @type {string} */ data) => channel.send(data),
    destroy: () => connection.close(),
    /** @param {string} event @param {(value: never) => void} listener */
    on(event, listener) {
      heard.addEventListener(event, (told) => listener(/** @type {CustomEvent<never>} */ (told).detail));
      return one;
    },
  };
  return one;
}

/** @param {RTCPeerConnection} connection @param {RTCDataChannel} channel @param {string} otherId */
function linkOver(connection, channel, otherId) {
  /** @type {OneLink} */
  const link = new Link(peer(connection, channel, otherId), id, () => ({ n: 1, have: [] }), {
    onOpen() {
      links.add(link);
      stats.links = links.size;
    },
    onMessage(_link, message) {
      const info = message.t === 'new' ? readInfo(message.i, message.h, message.l) : undefined;
      if (info && message.t === 'new') prepare(message.h, info);
      const had = message.t === 'have' && link === after && segments.get(message.h[0] ?? '');
      if (had) part(had, after);
    },
    onStream(_link, stream) {
      const known = segments.get(stream.infoHash);
      if (!known) return false;
      attach(known, stream);
      return true;
    },
    now: () => performance.now(),
    onClose() {
      links.delete(link);
    },
  });
  return link;
}

/** As the bench carries it to the other viewer. @param {RTCPeerConnection} connection */
const introduced = async (connection) => ({ ...(await described(connection)), id });

/** @type {{ connection: RTCPeerConnection, channel: RTCDataChannel, isNext: boolean } | undefined} */
let outgoing;
/** The bench carries these from one viewer to the next, and to the one after that. @type {import('./globals.js').Wiring} */
export const wiring = {
  async offer(isNext) {
    const connection = new RTCPeerConnection({ iceServers: [] });
    const channel = connection.createDataChannel('link');
    outgoing = { connection, channel, isNext };
    await connection.setLocalDescription();
    return introduced(connection);
  },
  async answer(offer, isNext) {
    if (isNext) id = String(Number(offer.id) + 1).padStart(40, '0');
    const connection = new RTCPeerConnection({ iceServers: [] });
    connection.ondatachannel = ({ channel }) => {
      const link = linkOver(connection, channel, offer.id ?? '');
      if (isNext) before = link;
    };
    await connection.setRemoteDescription({ type: offer.type, sdp: offer.sdp ?? '' });
    await connection.setLocalDescription();
    return introduced(connection);
  },
  async accept(answer) {
    if (!outgoing) return;
    const { connection, channel, isNext } = outgoing;
    const link = linkOver(connection, channel, answer.id ?? '');
    if (isNext) after = link;
    await connection.setRemoteDescription({ type: answer.type, sdp: answer.sdp ?? '' });
  },
};

export const fragmentLoader = loaderOf(async (url) => (await segment(url)).buffer);

/** Takes what a playlist lists: hls.js's event `hlsLevelLoaded`. @param {unknown} _event @param {import('hls.js').LevelLoadedData} data */
export function list(_event, { details }) {
  const isFirst = listed.size === 0;
  const { segments: all } = readSegments(details.m3u8, details.url, undefined, (infoHash) => magnets.get(infoHash));
  for (const one of all) {
    if (!('infoHash' in one) || !one.url) continue;
    const { url, infoHash, length, info = magnets.get(infoHash)?.info } = one;
    if (info && !listed.has(url) && !isFirst) prepare(infoHash, info);
    listed.set(url, infoHash);
    magnets.set(infoHash, { length, info });
  }
}
