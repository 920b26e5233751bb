// @ts-check

import { measure } from '../play/measure.mjs';
import { figures } from '../report/figures.mjs';
import { line, renditionFor, specOf } from './compare.mjs';
import { runMs } from './plan.mjs';

const VIEWERS = 4;

/** What holds on any machine, however busy; how fast it was is not asked. */
const BOUNDS = { copies: 2, peerShare: 0.5, stalls: 1 };

/**
 * `--smoke`: one short run of each delivery of ours.
 * @param {import('./options.mjs').Options} options
 * @returns {Promise<boolean>} whether copies, share and stalls are as they shall be
 */
export async function smoke(options) {
  const spec = { ...specOf(options), viewers: VIEWERS, seconds: 20, steadyMs: 10_000, round: 1 };
  const rendition = await renditionFor(options, runMs(spec) / 1000);
  let right = true;
  for (const delivery of ['hls', 'worker']) {
    const run = await measure({ ...spec, delivery }, [rendition]);
    const { copies, peerShare, stalls, segments: measured } = figures(run);
    console.log(`${delivery}: ${line(run)}`);
    for (const [wrong, what] of /** @type {const} */ ([
      [!(measured >= 2), `${measured} segments were measured, at least 2 are needed`],
      [!(copies <= BOUNDS.copies), `${copies.toFixed(2)} origin copies, at most ${BOUNDS.copies} are right`],
      [
        !(peerShare >= BOUNDS.peerShare),
        `${(100 * peerShare).toFixed(0)} % from peers, at least ${100 * BOUNDS.peerShare} % are right`,
      ],
      [!(stalls <= BOUNDS.stalls), `${stalls} stalls, at most ${BOUNDS.stalls} is right`],
    ])) {
      if (!wrong) continue;
      right = false;
      console.error(`${delivery}: ${what}`);
    }
  }
  return right;
}
