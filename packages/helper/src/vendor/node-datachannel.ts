import { cleanup } from 'node-datachannel';
import { RTCDataChannel, RTCIceCandidate, RTCPeerConnection, RTCSessionDescription } from 'node-datachannel/polyfill';

const plain = ({ type, sdp }: RTCSessionDescriptionInit): RTCSessionDescriptionInit => ({ type, sdp: sdp ?? '' });

/** node-datachannel's, as simple-peer wants it. */
class Connection extends RTCPeerConnection {
  constructor(configuration?: ConstructorParameters<typeof RTCPeerConnection>[0]) {
    super(configuration);
    this.addEventListener('icegatheringstatechange', () => {
      if (this.iceGatheringState === 'complete') this.dispatchEvent(new Event('icecandidate'));
    });
  }

  /** Descriptions whose text may be set. */
  override async createOffer(): Promise<RTCSessionDescriptionInit> {
    return plain(await super.createOffer());
  }

  override async createAnswer(): Promise<RTCSessionDescriptionInit> {
    return plain(await super.createAnswer());
  }
}

const { send } = RTCDataChannel.prototype;

/**
 * The library closes a channel in a thread of its own, and its `readyState` says so later. What is sent meanwhile is lost, as in browsers
 * (W3C WebRTC §6.2), and is no error.
 */
function sendWhileOpen(this: RTCDataChannel, ...data: Parameters<typeof send>): void {
  try {
    send.apply(this, data);
  } catch (error) {
    if (this.readyState !== 'open') throw error;
  }
}

/** Gives the process WebRTC under the names that browsers have. */
export function installWebRtc(): void {
  Object.assign(RTCDataChannel.prototype, { send: sendWhileOpen });
  Object.assign(globalThis, { RTCPeerConnection: Connection, RTCSessionDescription, RTCIceCandidate });
}

/** Ends the library's threads; no connection works after this. */
export function endConnections(): void {
  cleanup();
}
