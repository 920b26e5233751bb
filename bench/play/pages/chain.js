// @ts-check
/**
 * The floor of any delivery between viewers: viewers in a row, wired by the bench itself. The first gets each segment from the origin, and each passes
 * it on to the next over one bare RTCDataChannel. No tracker, no choice, no verification; WebRTC's own cost and nothing else.
 */
import { described, KEPT, loaderOf, patiently } from './wired.js';

/** Bytes of one message. */
const MESSAGE = 64 * 1024;

export const stats = { peerBytes: 0, originBytes: 0, uploadedBytes: 0, links: 0 };
/** @type {Map<string, ArrayBuffer>} */
const kept = new Map();
/** @type {Map<string, (bytes: ArrayBuffer) => void>} */
const awaited = new Map();
/** @type {RTCDataChannel | undefined} */
let before;
/** @type {RTCDataChannel | undefined} */
let after;

/** @param {string} url @param {ArrayBuffer} bytes */
function keep(url, bytes) {
  kept.set(url, bytes);
  const [oldest] = kept.keys();
  if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
  awaited.get(url)?.(bytes);
  awaited.delete(url);
  give(url, bytes);
}

/** @param {string} url @param {ArrayBuffer} bytes */
function give(url, bytes) {
  if (after?.readyState !== 'open') return;
  after.send(JSON.stringify({ url, length: bytes.byteLength }));
  for (let at = 0; at < bytes.byteLength; at += MESSAGE) after.send(bytes.slice(at, at + MESSAGE));
  stats.uploadedBytes += bytes.byteLength;
}

/** @param {string} url */
async function segment(url) {
  const here = kept.get(url);
  if (here) return here;
  if (before?.readyState === 'open') {
    const bytes = await patiently(awaited, url);
    if (bytes) return bytes;
  }
  const bytes = await (await fetch(url)).arrayBuffer();
  stats.originBytes += bytes.byteLength;
  keep(url, bytes);
  return bytes;
}

/** What comes from the viewer before. @param {RTCDataChannel} channel */
function receive(channel) {
  before = channel;
  stats.links += 1;
  let url = '';
  let at = 0;
  let whole = new Uint8Array(0);
  channel.binaryType = 'arraybuffer';
  channel.onmessage = ({ data }) => {
    if (typeof data === 'string') {
      const head = JSON.parse(data);
      [url, at, whole] = [head.url, 0, new Uint8Array(head.length)];
      return;
    }
    whole.set(new Uint8Array(data), at);
    at += data.byteLength;
    stats.peerBytes += data.byteLength;
    if (at === whole.length) keep(url, whole.buffer);
  };
}

/** @type {RTCPeerConnection | undefined} */
let outgoing;
/** The bench carries these from one viewer to the next. @type {import('./globals.js').Wiring} */
export const wiring = {
  async offer() {
    outgoing = new RTCPeerConnection({ iceServers: [] });
    after = outgoing.createDataChannel('chain');
    after.onopen = () => {
      for (const [url, bytes] of kept) give(url, bytes);
    };
    await outgoing.setLocalDescription();
    return described(outgoing);
  },
  async answer(offer) {
    const incoming = new RTCPeerConnection({ iceServers: [] });
    incoming.ondatachannel = ({ channel }) => receive(channel);
    await incoming.setRemoteDescription(offer);
    await incoming.setLocalDescription();
    return described(incoming);
  },
  accept: async (answer) => outgoing?.setRemoteDescription(answer),
};

/** hls.js takes the buffer for itself. */
export const fragmentLoader = loaderOf(async (url) => (await segment(url)).slice(0));
