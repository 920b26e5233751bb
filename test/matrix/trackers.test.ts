import { createServer } from 'node:http';
import { jest } from '@jest/globals';
import { createTracker } from '@live-torrent/tracker';
import { waitFor } from '../../harness/poll.mjs';
import { serve } from '../../harness/serve.mjs';
import { startTracker } from '../../harness/tracker.mjs';
import { LiveStream } from '../abuse/support/live-stream.js';
import { NodeViewer } from '../abuse/support/node-viewer.js';
import { provideWebRtc } from '../abuse/support/node-webrtc.js';

jest.setTimeout(300_000);
provideWebRtc();

interface RunningTracker {
  readonly url: string;
  close(): unknown;
}

async function ours(): Promise<RunningTracker> {
  const tracker = createTracker();
  const server = createServer();
  tracker.attach(server);
  const served = await serve(server);
  const close = (): Promise<void> => {
    tracker.close();
    return served.close();
  };
  return { url: `ws://127.0.0.1:${served.port}/announce`, close };
}

/** How many meshes these viewers are, which know of nobody else. */
function meshes(viewers: readonly NodeViewer[]): number {
  const left = new Map(viewers.map(({ loader: { stats } }) => [stats.peerId, stats.peers.map(({ id }) => id)]));
  let count = 0;
  for (const id of left.keys()) {
    count += 1;
    const reached = [id];
    for (const next of reached) {
      reached.push(...(left.get(next) ?? []));
      left.delete(next);
    }
  }
  return count;
}

/** Viewers by the trackers that they have, in the order in which they come: `a`, `b`, or both. */
const audiences = ['aaabbb+', '+aaabbb', 'aaaa+bbbb', 'aaaaaaaaab+', 'aaaaaaaaa+b', 'aaaaaaaa++bb'];

/** The real loader over real WebRTC, in this process. */
describe.each([
  ['two of ours', ours, ours],
  ['one of ours, and one of bittorrent-tracker', ours, startTracker],
])('viewers of different trackers: %s', (_, startA, startB) => {
  it.each(audiences)('are one mesh where anybody has both: %s', async (audience) => {
    const [a, b] = [await startA(), await startB()];
    const live = await LiveStream.start({ duration: 2 });
    const viewers: NodeViewer[] = [];
    try {
      let n = 0;
      for (const which of audience) {
        // Clients of one process would share the connection to a tracker.
        const announce = [a, b].filter((_, i) => which === '+' || which === 'ab'[i]).map(({ url }) => `${url}?${n++}`);
        const viewer = new NodeViewer(live, { announce });
        viewers.push(viewer);
        await viewer.start();
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      const begun = Date.now();
      const isOne = (): boolean => viewers.every(({ loader }) => loader.stats.links > 0) && meshes(viewers) === 1;
      const links = (): string =>
        viewers
          .map(({ loader: { stats } }, i) => {
            const others = stats.peers.map(({ id }) => viewers.findIndex((one) => one.loader.stats.peerId === id));
            return `${i}${audience[i]}: ${others.join(' ')}`;
          })
          .join('; ');
      await waitFor('one mesh', isOne, { timeout: 90_000 }).catch((error) => {
        throw new Error(`${error.message}: ${links()}`);
      });
      console.info(`one mesh ${((Date.now() - begun) / 1000).toFixed(1)} s after the last: ${links()}`);
      expect(viewers.map(({ wrong }) => wrong)).toEqual(viewers.map(() => 0));
    } finally {
      for (const viewer of viewers) viewer.stop();
      live.close();
      await Promise.all([a.close(), b.close()]);
    }
  });
});
