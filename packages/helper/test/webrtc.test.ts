import { endConnections, installWebRtc } from '../src/vendor/node-datachannel.js';

describe('WebRTC in Node', () => {
  afterAll(() => endConnections());

  it('loses what is sent on a channel that is being closed, and throws nothing', async () => {
    installWebRtc();
    const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()];
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const)
      from.addEventListener('icecandidate', ({ candidate }) => candidate && void to.addIceCandidate(candidate));
    const channel = a.createDataChannel('x');
    const opened = new Promise((resolve) => channel.addEventListener('open', resolve));
    await a.setLocalDescription(await a.createOffer());
    await b.setRemoteDescription(a.localDescription as RTCSessionDescriptionInit);
    await b.setLocalDescription(await b.createAnswer());
    await a.setRemoteDescription(b.localDescription as RTCSessionDescriptionInit);
    await opened;
    channel.close();
    for (let i = 0; i < 1_000; i++) {
      await new Promise(setImmediate);
      if (channel.readyState !== 'open') break;
      expect(() => channel.send('late')).not.toThrow();
    }
    expect(() => channel.send('later')).toThrow('readyState');
    b.close();
    a.close();
  });
});
