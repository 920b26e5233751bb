import { RTCPeerConnection } from 'webrtc-polyfill';

/** Makes Node a browser, as far as the loader sees: with RTCPeerConnection, by libdatachannel. */
export function provideWebRtc(): void {
  const globals = globalThis as { RTCPeerConnection?: unknown };
  if (globals.RTCPeerConnection) return;
  globals.RTCPeerConnection = RTCPeerConnection;
  const { prototype } = RTCPeerConnection;
  for (const create of ['createOffer', 'createAnswer'] as const) {
    const original = prototype[create] as (...args: unknown[]) => Promise<unknown>;
    Object.assign(prototype, {
      [create](this: RTCPeerConnection, ...args: unknown[]) {
        tellEnd(this);
        return original.apply(this, args);
      },
    });
  }
}

/** The end of the candidates, of which the polyfill does not tell (W3C WebRTC §4.4.1.2): simple-peer would wait 5 s for it. */
function tellEnd(connection: RTCPeerConnection): void {
  connection.addEventListener('icegatheringstatechange', () => {
    if (connection.iceGatheringState !== 'complete') return;
    setTimeout(() => connection.onicecandidate?.({ candidate: null } as never));
  });
}
