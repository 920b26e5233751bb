/**
 * The helper's WebRTC in place of the one that simple-peer finds in Node (`webrtc-polyfill`), whose connections often do not come up on a busy machine, or
 * stay after their end.
 */
export {
  installWebRtc as provideWebRtc,
  RTCIceCandidate,
  RTCPeerConnection,
  RTCSessionDescription,
} from '../../../packages/helper/src/vendor/node-datachannel.js';
