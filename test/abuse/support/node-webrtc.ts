import { afterAll } from '@jest/globals';
import { endConnections, installWebRtc } from '../../../packages/helper/src/vendor/node-datachannel.js';

/**
 * The helper's WebRTC in place of the one that simple-peer finds in Node (`webrtc-polyfill`), whose connections often do not come up on a busy machine, or
 * stay after their end.
 */
export {
  RTCIceCandidate,
  RTCPeerConnection,
  RTCSessionDescription,
} from '../../../packages/helper/src/vendor/node-datachannel.js';

/** Makes Node a browser, as far as the loader sees, for all tests of a file. */
export function provideWebRtc(): void {
  installWebRtc();
  // Connections whose end did not come through would keep the process.
  afterAll(endConnections);
}
