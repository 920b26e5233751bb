import { jest } from '@jest/globals';
import { Discovery } from '../src/mesh/discovery.js';
import { usableServers } from '../src/mesh/usable-servers.js';
import { fakeTrackers } from './fake-tracker.js';

const GOOD = { urls: 'stun:stun.example:3478' };
const TURN = { urls: ['turn:a.example', 'turn:?bad'], username: 'ann', credential: 'secret' };

/** A browser's: URLs with a question mark make it throw. */
const refusal = ({ iceServers = [] }: RTCConfiguration): unknown =>
  iceServers.some(({ urls }) => [urls].flat().some((url) => /stun:.*\?|:\?/.test(url)))
    ? 'SyntaxError: bad'
    : undefined;

describe('ICE servers that the browser refuses', () => {
  it('are left out and named once each, without their credentials; the others are used', () => {
    const told: string[] = [];
    const bad = { urls: 'stun:b.example?transport=udp' };
    const configuration = { iceServers: [GOOD, bad, TURN], iceTransportPolicy: 'relay' as const };
    expect(usableServers(configuration, ({ message }) => told.push(message), refusal)).toEqual({
      iceServers: [GOOD, { ...TURN, urls: 'turn:a.example' }],
      iceTransportPolicy: 'relay',
    });
    expect(told).toEqual([
      'iceServers: this browser refuses stun:b.example?transport=udp: SyntaxError: bad',
      'iceServers: this browser refuses turn:?bad: SyntaxError: bad',
    ]);
  });

  it('are none where it takes all: they stay as they are', () => {
    const configuration = { iceServers: [GOOD] };
    expect(
      usableServers(
        configuration,
        (error) => {
          throw error;
        },
        refusal,
      ),
    ).toBe(configuration);
  });

  it('are not to blame where it makes no connection at all', () => {
    const told: string[] = [];
    const never = (): unknown => 'NotAllowedError: policy';
    expect(usableServers({ iceServers: [GOOD] }, ({ message }) => told.push(message), never)).toBeUndefined();
    expect(told).toEqual(['this browser makes no RTCPeerConnection: NotAllowedError: policy']);
  });
});

describe('a mesh of such a browser', () => {
  const globals = globalThis as { RTCPeerConnection?: unknown };
  const warnings: string[] = [];
  let unable = 0;
  const discover = (iceServers: RTCIceServer[]) => {
    warnings.length = unable = 0;
    const { clients, create } = fakeTrackers();
    const options = {
      ...{ infoHash: 'ab'.repeat(20), peerId: 'cd'.repeat(20), announce: ['ws://t'], iceServers },
      ...{ now: () => 0, welcomes: () => true, isLinked: () => false, random: () => 0, wanted: () => 2 },
      ...{ onPeer: () => {}, onSwarmSize: () => {}, onLocalNetwork: () => {} },
      renew: () => ({ announce: ['ws://t'], iceServers }),
      onWarning: ({ message }: Error) => void warnings.push(message),
      onUnable: () => void unable++,
    };
    return { clients, discovery: new Discovery(options, create) };
  };
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    delete globals.RTCPeerConnection;
    jest.useRealTimers();
  });

  it('announces with the servers that it takes, and warns once however often it announces', async () => {
    globals.RTCPeerConnection = class {
      constructor(configuration: RTCConfiguration) {
        if (refusal(configuration)) throw new SyntaxError('bad');
      }
      close(): void {}
    };
    const { clients, discovery } = discover([GOOD, { urls: 'stun:b.example?transport=udp' }]);
    await jest.advanceTimersByTimeAsync(3_600_000);
    expect(clients.length).toBeGreaterThan(1);
    for (const { options } of clients) expect(options.rtcConfig).toEqual({ iceServers: [GOOD] });
    expect([warnings.length, unable]).toEqual([1, 0]);
    discovery.stop();
  });

  it('is none, with one warning and no announce ever, where the constructor throws', async () => {
    let made = 0;
    globals.RTCPeerConnection = class {
      constructor() {
        made += 1;
        throw new Error('blocked');
      }
    };
    const { clients } = discover([GOOD]);
    await jest.advanceTimersByTimeAsync(3_600_000);
    expect([clients.length, warnings.length, unable]).toEqual([0, 1, 1]);
    expect(made).toBeLessThanOrEqual(2);
  });
});
