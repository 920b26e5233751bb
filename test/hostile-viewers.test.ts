import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { waitFor } from '../harness/poll.mjs';
import { behaviour } from './abuse/support/behaviours.js';
import { HostileViewer } from './abuse/support/hostile-viewer.js';
import { LiveStream } from './abuse/support/live-stream.js';
import { NodeViewer } from './abuse/support/node-viewer.js';
import { provideWebRtc } from './abuse/support/node-webrtc.js';

jest.setTimeout(240_000);
provideWebRtc();

/** The short part of `npm run test:abuse`: the real loader over real WebRTC, in this process. */
describe('three honest viewers', () => {
  let live: LiveStream;
  const honest: NodeViewer[] = [];
  const hostile: HostileViewer[] = [];
  const attack = (name: string): HostileViewer => {
    const viewer = new HostileViewer(behaviour(name), live);
    hostile.push(viewer);
    viewer.start();
    return viewer;
  };

  beforeAll(async () => {
    live = await LiveStream.start();
    for (let n = 1; n <= 3; n++) {
      const viewer = new NodeViewer(live);
      honest.push(viewer);
      await viewer.start();
      await waitFor('its announce', () => live.viewers >= n);
    }
    await waitFor('links', () => honest.every(({ loader }) => loader.stats.links > 0), { timeout: 120_000 });
  });
  afterEach(() => {
    for (const viewer of hostile.splice(0)) viewer.stop();
  });
  afterAll(() => {
    for (const viewer of honest) viewer.stop();
    live.close();
  });

  it.each([
    'wants what there is not',
    'words of unknown segments',
    'frames beyond the limit',
    'binary frames',
    'deep JSON',
  ])('end the links of one whose behaviour is “%s”, and make no others', async (name) => {
    const flooder = attack(name);
    // Those that honest viewers hold: the other side may never learn of the end.
    const isHeld = (): boolean =>
      honest.some(({ loader }) => loader.stats.peers.some(({ id }) => flooder.ids.includes(id)));
    await waitFor('the end', () => flooder.opened > 0 && !isHeld(), { timeout: 120_000 });
    // Others may have been on their way; none comes a second time.
    await sleep(1_000);
    await waitFor('the end of all', () => !isHeld());
    expect(flooder.opened).toBeLessThanOrEqual(honest.length);
    expect(honest.map(({ wrong }) => wrong)).toEqual([0, 0, 0]);
  });

  it('play what is right beside liars of many kinds', async () => {
    const names = ['all that it gives is wrong', 'says that it has what it never gives', 'chokes for ever'];
    const liars = [...names, 'says that it fetches, and never does'].map(attack);
    await waitFor('their links', () => liars.some(({ opened }) => opened > 0), { timeout: 120_000 });
    const before = honest.map(({ played }) => played);
    await waitFor('the stream', () => honest.every(({ played }, i) => played >= (before[i] ?? 0) + 6), {
      timeout: 60_000,
    });
    expect(honest.map(({ wrong }) => wrong)).toEqual([0, 0, 0]);
  });
});
