import { formatBytes, formatCount } from './format.js';

const PLAIN = 'The stream plays by plain HTTP.';

/** `DisabledReason` of the loader's `stats`, in words. */
const REASONS = {
  'not-started': `P2P is off. ${PLAIN}`,
  stopped: `P2P is off. ${PLAIN}`,
  disabled: `P2P is turned off by this site. ${PLAIN}`,
  'awaiting-consent': `P2P waits for consent. ${PLAIN}`,
  'no-webrtc': `P2P is off: this browser has no WebRTC. ${PLAIN}`,
  'no-crypto': `P2P is off: browsers allow it only over HTTPS or on localhost. ${PLAIN}`,
  'no-stream': `P2P is off: no playlist with magnet links came by. ${PLAIN}`,
  'no-tracker': `P2P is off: no tracker is known. ${PLAIN}`,
  'no-relay': `P2P is off: it may use relays only, and none is known. ${PLAIN}`,
  shadow: `P2P is only measured, and not used. ${PLAIN}`,
  'save-data': `P2P is off: this device asks to save data. ${PLAIN}`,
  cellular: `P2P is off on mobile networks. ${PLAIN}`,
  'low-battery': `P2P is off: the battery is nearly empty. ${PLAIN}`,
  asleep: `P2P rests while nobody watches this page. ${PLAIN}`,
};

/**
 * What is happening, in one sentence, and its tone: `wait`, `peers`, `origin` or `trouble`.
 *
 * @param {object} now
 * @param {string | undefined} now.trouble why the player stands still
 * @param {string | undefined} now.failure why there is no loader
 * @param {boolean} now.settled whether P2P had the time to find out what the stream offers
 * @param {object | undefined} now.stats the loader's `stats`
 * @param {{ peerBytes: number, helperBytes: number, originBytes: number, uploadedBytes: number }} now.minute bytes of the last minute
 */
export function describe({ trouble, failure, settled, stats, minute }) {
  if (trouble !== undefined) return { tone: 'trouble', text: trouble };
  if (failure !== undefined) return { tone: 'trouble', text: `P2P is off: ${failure}. ${PLAIN}` };
  if (stats === undefined || (stats.reason === 'no-stream' && !settled)) return { tone: 'wait', text: 'Starting …' };
  if (!stats.enabled)
    return { tone: 'origin', text: REASONS[stats.reason] ?? `P2P is off (${stats.reason}). ${PLAIN}` };
  if (stats.links === 0) return alone(stats);
  const { peerBytes, helperBytes, originBytes, uploadedBytes } = minute;
  const viewers = formatCount(stats.links, 'other viewer');
  if (peerBytes > 0) {
    const share = Math.round((100 * peerBytes) / (peerBytes + helperBytes + originBytes));
    return { tone: 'peers', text: `${share} % of the last minute came from ${viewers}.` };
  }
  return uploadedBytes > 0
    ? { tone: 'peers', text: `You passed on ${formatBytes(uploadedBytes)} to ${viewers} in the last minute.` }
    : { tone: 'origin', text: `Linked to ${viewers}. The next segments can come from there.` };
}

function alone({ swarmSize }) {
  return swarmSize > 1
    ? { tone: 'wait', text: `Connecting to ${formatCount(swarmSize - 1, 'other viewer')} …` }
    : { tone: 'origin', text: 'You are the only viewer, so everything comes from the origin.' };
}
