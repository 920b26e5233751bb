import type { DisabledReason } from '../figures/stats.js';
import { hasWebRtc } from './peer-connection.js';

/** What a mesh needs and this page lacks; WebCrypto is there in secure contexts only. */
export function missingFeature(): DisabledReason | undefined {
  if (!globalThis.crypto?.subtle) return 'no-crypto';
  return hasWebRtc() ? undefined : 'no-webrtc';
}
