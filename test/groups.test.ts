import { jest } from '@jest/globals';
import { waitFor } from '../harness/poll.mjs';
import type { P2PLoaderOptions } from '../packages/p2p-loader/src/index.js';
import { LiveStream } from './abuse/support/live-stream.js';
import { NodeViewer } from './abuse/support/node-viewer.js';
import { provideWebRtc } from './abuse/support/node-webrtc.js';

jest.setTimeout(240_000);
provideWebRtc();

/** The real loader over real WebRTC, in this process. */
describe('viewers of groups', () => {
  let live: LiveStream;
  const all: NodeViewer[] = [];
  const join = async (options: P2PLoaderOptions): Promise<NodeViewer> => {
    const viewer = new NodeViewer(live, options);
    all.push(viewer);
    await viewer.start();
    return viewer;
  };

  beforeAll(async () => {
    live = await LiveStream.start({ duration: 2 });
  });
  afterAll(() => {
    for (const viewer of all) viewer.stop();
    live.close();
  });

  it('have most from their own group, and are one mesh', async () => {
    const viewers: NodeViewer[] = [];
    for (const group of ['a', 'b', 'a', 'b']) viewers.push(await join({ group: async () => group }));
    const links = (viewer: NodeViewer, toOwn: boolean): number =>
      viewer.loader.stats.peers.filter(({ outside }) => outside !== toOwn).length;
    const isOne = (): boolean =>
      viewers.every((viewer) => links(viewer, true) > 0) && viewers.some((viewer) => links(viewer, false) > 0);
    await waitFor('links in each group, and between them', isOne, { timeout: 90_000 });
    const names = ['peerBytes', 'outsideBytes', 'originBytes'] as const;
    const sums = (): number[] =>
      names.map((name) => viewers.reduce((sum, { loader }) => sum + loader.stats[name], 0) / 200_000);
    let before = sums();
    const gave = await waitFor(
      'five segments of which more came from the own group',
      () => {
        const [peers = 0, outside = 0, origin = 0] = sums().map((sum, i) => sum - (before[i] ?? 0));
        if (peers + origin < 20) return undefined;
        before = sums();
        return peers - outside >= 1.2 * outside && peers > origin ? [peers, outside, origin] : undefined;
      },
      { timeout: 120_000 },
    );
    console.info(
      `from peers, those of the other group, the origin: ${gave.map((n) => n.toFixed(1)).join(', ')} segments`,
    );
    expect(viewers.map(({ wrong }) => wrong)).toEqual([0, 0, 0, 0]);
  });

  it('meet nobody else where they want only their own', async () => {
    const pair = [await join({ group: 'c', groupRule: 'only' }), await join({ group: 'c', groupRule: 'only' })];
    await waitFor('bytes', () => pair.some(({ loader }) => loader.stats.peerBytes > 0), { timeout: 90_000 });
    const ids = pair.map(({ loader }) => loader.stats.peerId);
    const linked = pair.map(({ loader }) => loader.stats.peers.map(({ id }) => id));
    expect(linked).toEqual([[ids[1]], [ids[0]]]);
  });
});
