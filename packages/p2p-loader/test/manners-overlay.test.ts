import type { LoaderStats } from '../src/figures/stats.js';
import { bytesInWords, rowsOf } from '../src/overlay/rows.js';

const stats: LoaderStats = {
  enabled: true,
  reason: undefined,
  peerBytes: 0,
  helperBytes: 0,
  outsideBytes: 0,
  originBytes: 0,
  uploadedBytes: 0,
  relayedPeerBytes: 0,
  relayedUploadedBytes: 0,
  uploadPaused: undefined,
  originRequests: 0,
  links: 0,
  failedLinks: 0,
  localNetwork: undefined,
  swarmSize: 1,
  segments: { fromPeers: 0, fromHelpers: 0, fromOrigin: 0, mixed: 0, fromCache: 0 },
  badPieces: 0,
  cachedBytes: 0,
  torrents: 0,
  trackerMessages: 0,
  playlists: 0,
  peers: [],
  shadow: undefined,
  peerId: 'a'.repeat(40),
};
const shown = (now: Partial<LoaderStats>, before: Partial<LoaderStats> = {}, seconds = 1) =>
  Object.fromEntries(
    rowsOf({ ...stats, ...now }, { ...stats, ...before }, seconds).map(({ label, value }) => [label, value]),
  );

describe('the overlay', () => {
  it('says whether P2P is on, and if not, why', () => {
    expect(shown({}).P2P).toBe('on');
    expect(shown({ enabled: false, reason: 'asleep' }).P2P).toBe('off: asleep');
  });

  it('gives totals, rates since the last look, and the share of peers', () => {
    const rows = shown({ peerBytes: 3_000_000, originBytes: 1_000_000 }, { peerBytes: 1_000_000 }, 2);
    expect(rows['from peers']).toBe('3.0 MB, 1.0 MB/s (75 %)');
    expect(rows['from origin']).toBe('1.0 MB, 500 kB/s, 0 requests');
    expect(shown({ peerBytes: 5_000 }, {}, 0)['from peers']).toBe('5 kB, 0 kB/s (100 %)');
    expect(shown({ uploadedBytes: 0 }, { uploadedBytes: 9_000 }).given).toBe('0 kB, 0 kB/s');
  });

  it('names what keeps it from giving, and bad pieces only where there are some', () => {
    expect(shown({ uploadPaused: 'cellular' }).given).toBe('0 kB, 0 kB/s, paused: cellular');
    expect(shown({})).not.toHaveProperty('bad pieces');
    expect(shown({ badPieces: 2 })['bad pieces']).toBe('2');
  });

  it('names what helpers gave apart from peers, who have no share of it', () => {
    const rows = shown({ peerBytes: 2e6, helperBytes: 1e6, originBytes: 1e6 });
    expect([rows['from peers'], rows['from helpers']]).toEqual(['2.0 MB, 2.0 MB/s (50 %)', '1.0 MB, 1.0 MB/s']);
    expect(shown({})).not.toHaveProperty('from helpers');
    const helper = { id: 'c'.repeat(40), helper: true, outside: false, path: undefined, downloadRate: undefined };
    expect(shown({ peers: [{ ...helper, downloadedBytes: 1e6, uploadedBytes: 0 }] }).cccccccc).toBe(
      '1.0 MB in, 0 kB out, helper',
    );
  });

  it('says in shadow mode what would have been', () => {
    const shadow = { peerBytes: 3e6, originBytes: 1e6, uploadedBytes: 2e6, segments: { fromPeers: 3, fromOrigin: 1 } };
    expect(shown({ shadow })['would come from peers']).toBe('3.0 MB (75 %)');
    expect(shown({ shadow })['would be given']).toBe('2.0 MB');
    expect(shown({})).not.toHaveProperty('would be given');
  });

  it('says what TURN servers passed on, where they did, and how each link goes', () => {
    expect(shown({ relayedPeerBytes: 2e6, relayedUploadedBytes: 1e6 })['of these relayed']).toBe(
      '2.0 MB in, 1.0 MB out',
    );
    expect(shown({})).not.toHaveProperty('of these relayed');
    const link = {
      id: 'b'.repeat(40),
      helper: false,
      outside: false,
      downloadedBytes: 1e6,
      uploadedBytes: 0,
      downloadRate: undefined,
    };
    expect(shown({ peers: [{ ...link, path: 'relay' }] }).bbbbbbbb).toBe('1.0 MB in, 0 kB out, relay');
  });

  it('says why links are few: those that failed, and a local network that may not be reached', () => {
    expect(shown({ links: 1, swarmSize: 4, failedLinks: 2 }).viewers).toBe('4, 1 linked, 2 failed');
    expect(shown({}).viewers).toBe('1, 0 linked');
    expect(shown({ localNetwork: 'denied' })['local network']).toBe('denied by the viewer or a policy');
    expect(shown({ localNetwork: 'never' })['local network']).toBe('not used: localNetwork is never');
    for (const localNetwork of ['granted', undefined] as const) {
      expect(shown({ localNetwork })).not.toHaveProperty('local network');
    }
  });

  it('shows no more than eight links', () => {
    const peers = Array.from({ length: 16 }, (_, i) => ({
      id: String(i % 10)
        .repeat(39)
        .concat(String.fromCharCode(97 + i)),
      path: undefined,
      helper: false,
      outside: false,
      downloadedBytes: 1e6,
      downloadRate: undefined,
      uploadedBytes: 0,
    }));
    const rows = rowsOf({ ...stats, peers }, stats, 1);
    expect(rows.filter(({ value }) => value === '1.0 MB in, 0 kB out')).toHaveLength(8);
  });

  it('writes bytes in words of at most four digits', () => {
    expect([0, 499, 1_500, 999_499, 999_500, 12_340_000, 999_500_000, 2.5e9].map(bytesInWords)).toEqual([
      '0 kB',
      '0 kB',
      '2 kB',
      '999 kB',
      '1.0 MB',
      '12.3 MB',
      '1.00 GB',
      '2.50 GB',
    ]);
  });
});
