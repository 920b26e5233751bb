import { jest } from '@jest/globals';
import { accounting, noBytes } from '../src/figures/accounting.js';
import { pathOf } from '../src/mesh/connection-path.js';
import type { Link } from '../src/mesh/link.js';
import { isLocalAddress, isLocalCandidate, withoutLocalCandidates } from '../src/mesh/local-candidates.js';
import { watchLocalNetwork } from '../src/mesh/local-network.js';
import { keepOffLocalNetwork } from '../src/mesh/peer-connection.js';
import { TrackerClient } from '../src/vendor/bittorrent-tracker.js';
import { settle } from './fake-source.js';

jest.setTimeout(20_000);

const host = 'candidate:1 1 udp 2113937151 192.168.1.7 50000 typ host generation 0 network-cost 999';
const mdns = 'candidate:2 1 udp 2113937151 1f2e3d4c-0000-4000-8000-0123456789ab.local 50001 typ host generation 0';
const reflexive = 'candidate:3 1 udp 1677729535 203.0.113.9 50000 typ srflx raddr 192.168.1.7 rport 50000 generation 0';
const relayed = 'candidate:4 1 udp 33562367 198.51.100.4 60000 typ relay raddr 203.0.113.9 rport 50000 generation 0';
const publicHost = 'candidate:5 1 udp 2122262783 2001:db8:1::7 50002 typ host generation 0';
const described = (...candidates: string[]): string =>
  [
    'v=0',
    'm=application 50000 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 192.168.1.7',
    ...candidates.map((c) => `a=${c}`),
    'a=mid:0',
    '',
  ].join('\r\n');

describe('addresses of the local network', () => {
  it.each([
    '192.168.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '127.0.0.1',
    '169.254.1.1',
    '100.64.0.1',
    '100.127.255.254',
    '::1',
    'fd00::2',
    'fe80::1',
    '::ffff:10.0.0.1',
    '0.0.0.0',
    'x.local',
  ])('%s is one', (address) => expect(isLocalAddress(address)).toBe(true));
  it.each(['203.0.113.9', '100.63.255.255', '100.128.0.1', '172.32.0.1', '2001:db8::1', '::ffff:203.0.113.9'])(
    '%s is none',
    (address) => expect(isLocalAddress(address)).toBe(false),
  );
});

describe('`localNetwork: never`', () => {
  it('leaves reflexive, relayed and public addresses in a description, and those of the local network out', () => {
    const filtered = withoutLocalCandidates(described(host, mdns, reflexive, relayed, publicHost));
    expect(filtered).not.toMatch(/192\.168|\.local/);
    expect(filtered.match(/a=candidate:\d/g)).toEqual(['a=candidate:3', 'a=candidate:4', 'a=candidate:5']);
    expect(filtered).toContain('typ srflx raddr 0.0.0.0 rport 0');
    expect(filtered).toContain('typ relay raddr 203.0.113.9 rport 50000');
    expect(filtered).toContain('c=IN IP4 0.0.0.0');
    expect(filtered.endsWith('a=mid:0\r\n')).toBe(true);
  });

  it('changes nothing in a description without such addresses', () => {
    const sdp = described(relayed, publicHost).replace('192.168.1.7', '198.51.100.4');
    expect(withoutLocalCandidates(sdp)).toBe(sdp);
  });

  it.each([host, mdns, `a=${host}`])('tells a trickled candidate: %s', (candidate) =>
    expect(isLocalCandidate(candidate)).toBe(true),
  );
  it.each([reflexive, relayed, publicHost])('and one that is none: %s', (candidate) =>
    expect(isLocalCandidate(candidate)).toBe(false),
  );

  /** A connection as bittorrent-tracker's client makes it, on this machine, whose only candidates are local. */
  const connection = (never: boolean, options: object) => {
    const client = new TrackerClient({
      ...{ infoHash: 'aa'.repeat(20), peerId: 'bb'.repeat(20), announce: ['ws://127.0.0.1:9'], port: 1 },
      rtcConfig: { iceServers: [] },
    });
    client.on('error', () => {});
    client.on('warning', () => {});
    if (never) keepOffLocalNetwork(client);
    const [tracker] = (client as unknown as { _trackers: { _createPeer(o: object): Connection }[] })._trackers;
    const peer = tracker?._createPeer(options) as Connection;
    atHome(Object.getPrototypeOf(peer._pc));
    peer.on('error', () => {});
    open.push(() => {
      peer.destroy();
      client.destroy();
    });
    const signal = new Promise<RTCSessionDescriptionInit>((resolve) => peer.on('signal', resolve));
    return { peer, signal };
  };
  /** Whatever addresses this machine has, its connections have one of a home. */
  const atHome = (prototype: RTCPeerConnection): void => {
    const { get } = Object.getOwnPropertyDescriptor(prototype, 'localDescription') as {
      get(): RTCSessionDescription | null;
    };
    if (jest.isMockFunction(get)) return;
    jest.spyOn(prototype, 'localDescription', 'get').mockImplementation(function (this: RTCPeerConnection) {
      const real = get.call(this);
      const sdp = real?.sdp.replace(/(a=candidate:\S+ \d \S+ \d+) \S+/g, '$1 192.168.1.7');
      return real && ({ type: real.type, sdp } as RTCSessionDescription);
    });
  };
  interface Connection {
    readonly _pc: RTCPeerConnection;
    readonly connected: boolean;
    on(event: 'signal', listener: (description: RTCSessionDescriptionInit) => void): void;
    on(event: 'error', listener: () => void): void;
    signal(description: RTCSessionDescriptionInit): void;
    destroy(): void;
  }
  const open: (() => void)[] = [];
  afterEach(() => {
    for (const close of open.splice(0)) close();
    jest.restoreAllMocks();
  });

  it('offers no candidate of the local network to other viewers', async () => {
    const plain = await connection(false, { initiator: true }).signal;
    expect(plain.sdp).toMatch(/a=candidate:/);
    const never = await connection(true, { initiator: true }).signal;
    expect(never.type).toBe('offer');
    expect(never.sdp).not.toMatch(/a=candidate:/);
  });

  it('takes none from them, in a description or trickled, and answers without one', async () => {
    const offer = await connection(false, { initiator: true }).signal;
    const taker = connection(true, {});
    const taken = jest.spyOn(Object.getPrototypeOf(taker.peer._pc), 'setRemoteDescription');
    const added = jest.spyOn(Object.getPrototypeOf(taker.peer._pc), 'addIceCandidate');
    taker.peer.signal(offer);
    const answer = await taker.signal;
    await taker.peer._pc.addIceCandidate({ candidate: host, sdpMid: '0' });
    expect(taken.mock.calls.map(([description]) => (description as RTCSessionDescriptionInit).sdp).join()).not.toMatch(
      /a=candidate:/,
    );
    expect(added).not.toHaveBeenCalled();
    expect(answer.type).toBe('answer');
    expect(answer.sdp).not.toMatch(/a=candidate:/);
  });
});

describe('the permission to reach the local network', () => {
  const status = (state: PermissionState) => ({ state, onchange: null }) as unknown as PermissionStatus;
  const permissions = (known: Record<string, PermissionStatus>) => ({
    query: async ({ name }: { name: string }) => {
      const found = known[name];
      if (!found) throw new TypeError(name);
      return found;
    },
  });

  it('is told with each change, under the name that the browser knows', async () => {
    const states: PermissionState[] = [];
    const one = status('prompt');
    const end = watchLocalNetwork((state) => states.push(state), permissions({ 'local-network-access': one }));
    await settle();
    (one as { state: PermissionState }).state = 'denied';
    one.onchange?.(new Event('change'));
    expect(states).toEqual(['prompt', 'denied']);
    end();
    expect(one.onchange).toBeNull();
  });

  it('is nothing where the browser knows of none', async () => {
    const states: PermissionState[] = [];
    watchLocalNetwork((state) => states.push(state), permissions({}));
    watchLocalNetwork((state) => states.push(state), undefined);
    await settle();
    expect(states).toEqual([]);
  });
});

describe('how a connection goes', () => {
  const report = (local: string, remote: string, pair: object, transport: object = {}) =>
    new Map<string, Record<string, unknown>>([
      ['l', { id: 'l', type: 'local-candidate', candidateType: local }],
      ['r', { id: 'r', type: 'remote-candidate', candidateType: remote }],
      ['p', { id: 'p', type: 'candidate-pair', localCandidateId: 'l', remoteCandidateId: 'r', ...pair }],
      ['t', { id: 't', type: 'transport', ...transport }],
    ]);
  const chosen = { selectedCandidatePairId: 'p' };

  it.each([
    ['host', 'host', 'host'],
    ['host', 'srflx', 'srflx'],
    ['prflx', 'srflx', 'prflx'],
    ['relay', 'host', 'relay'],
    ['host', 'relay', 'relay'],
  ])('is that of its less direct end: %s and %s', (local, remote, path) => {
    expect(pathOf(report(local, remote, {}, chosen))).toBe(path);
  });

  it("is read from the pair where the transport names none: Firefox's `selected`, or what was nominated", () => {
    expect(pathOf(report('host', 'relay', { selected: true }))).toBe('relay');
    expect(pathOf(report('host', 'host', { nominated: true, state: 'succeeded' }))).toBe('host');
    expect(pathOf(report('host', 'host', { state: 'in-progress' }))).toBeUndefined();
    expect(pathOf(new Map())).toBeUndefined();
  });

  it('counts the bytes of relayed links apart', () => {
    const counters = noBytes();
    const links = new Map(
      ['relay', 'srflx'].map((path) => [path, { path, downloadedBytes: 0, uploadedBytes: 0 } as Link]),
    );
    const counted = accounting(
      counters,
      () => ({ links, ban: () => {}, isHelper: () => false }),
      () => 0,
    );
    const segment = undefined as never;
    for (const sender of links.keys()) {
      counted.onPieceBytes(segment, sender, 1_000);
      counted.onUpload(segment, sender, 300);
    }
    expect(counters).toMatchObject({
      peerBytes: 2_000,
      uploadedBytes: 600,
      relayedPeerBytes: 1_000,
      relayedUploadedBytes: 300,
    });
  });
});
