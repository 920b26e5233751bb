import { jest } from '@jest/globals';
import { waitFor } from '../harness/poll.mjs';
import type { SegmentDetail } from '../packages/p2p-loader/src/index.js';
import { LiveStream } from './abuse/support/live-stream.js';
import { NodeViewer } from './abuse/support/node-viewer.js';
import { provideWebRtc } from './abuse/support/node-webrtc.js';

jest.setTimeout(180_000);
provideWebRtc();

/** The real loader over real WebRTC, in this process. */
describe('a helper', () => {
  let live: LiveStream;
  const viewers: NodeViewer[] = [];
  let helper: NodeViewer;
  const join = async (): Promise<NodeViewer> => {
    const viewer = new NodeViewer(live);
    viewers.push(viewer);
    await viewer.start();
    return viewer;
  };
  const sum = (name: 'peerBytes' | 'helperBytes' | 'originBytes'): number =>
    viewers.reduce((bytes, { loader }) => bytes + loader.stats[name], 0);

  beforeAll(async () => {
    live = await LiveStream.start({ duration: 2 });
    helper = new NodeViewer(live, { role: 'helper' });
    await helper.start();
  });
  afterAll(() => {
    for (const viewer of [helper, ...viewers]) viewer.stop();
    live.close();
  });

  it('gives to a viewer that has nobody else, in the origin’s place', async () => {
    const lone = await join();
    const sources: SegmentDetail['source'][] = [];
    lone.loader.addEventListener('segment', ({ detail }) => sources.push(detail.source));
    const isHelped = (): boolean => sources.length >= 4 && sources.slice(-4).every((source) => source === 'helpers');
    await waitFor('four segments in a row from the helper', isHelped, { timeout: 90_000 });
    expect(lone.loader.stats).toMatchObject({ peerBytes: 0, links: 1, peers: [{ helper: true }] });
    expect(lone.loader.stats.segments.fromHelpers).toBeGreaterThanOrEqual(4);
  });

  it('leaves to viewers who have each other what they can give', async () => {
    for (let n = 0; n < 3; n++) await join();
    const others = (): number =>
      Math.min(...viewers.map(({ loader }) => loader.stats.peers.filter((peer) => !peer.helper).length));
    await waitFor('links between the viewers', () => others() > 0, { timeout: 60_000 });
    const names = ['peerBytes', 'helperBytes', 'originBytes'] as const;
    let before = names.map(sum);
    const segment = 200_000;
    // Of four copies one need come from the helper, in the origin's place; a helper that gave to all would give them all.
    const shared = (): string | undefined => {
      const since = names.map((name, i) => (sum(name) - (before[i] ?? 0)) / segment);
      const [peers = 0, helpers = 0, origin = 0] = since;
      if (peers + helpers + origin < 24) return undefined;
      before = names.map(sum);
      return peers > helpers + origin ? since.map((count) => count.toFixed(1)).join(', ') : undefined;
    };
    const gave = await waitFor('six segments of which most came from viewers', shared, { timeout: 120_000 });
    console.info(`from viewers, the helper, the origin: ${gave} segments`);
    expect([helper, ...viewers].map(({ wrong }) => wrong)).toEqual([0, 0, 0, 0, 0]);
  });
});
