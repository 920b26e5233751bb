import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { waitFor } from '../../../harness/poll.mjs';
import { type ExampleSite, feedFolder } from './example-site.js';
import { type Observation, observe } from './observe.js';
import { type Delivery, probeDeliveries } from './probe-deliveries.js';
import { Viewer } from './viewer.js';

/** What two viewers of one example page did, from the moment on at which both had asked each other for segments. */
export interface TwoViewers {
  readonly observations: readonly Observation[];
  /** Segments that each player got, the time before included. */
  readonly deliveries: readonly (readonly Delivery[])[];
  /** How often the site sent each segment that the players got meanwhile. */
  readonly copies: number;
  /** Payload bytes of segments that the site sent meanwhile. */
  readonly siteBytes: number;
  /** Console errors and uncaught errors of both. */
  readonly errors: readonly string[];
  /** Whether a service worker controls each of the pages. */
  readonly controlled: readonly boolean[];
}

/** Opens `path` of the site twice, and watches both for `duration`, ms. Closes them. */
export async function watchTwo(
  browser: Browser,
  site: ExampleSite,
  path: string,
  duration: number,
): Promise<TwoViewers> {
  const viewers: Viewer[] = [];
  try {
    for (let i = 0; i < 2; i++) {
      const viewer = await Viewer.create(browser);
      viewers.push(viewer);
      await viewer.page.addInitScript(probeDeliveries);
      await viewer.page.goto(new URL(path, site.url).href);
      await viewer.playing(30_000);
    }
    await waitFor('a link', async () =>
      (await Promise.all(viewers.map((each) => each.stats()))).every((s) => s.links > 0),
    );
    // What hls.js gets from the loader itself is no request of the page's.
    const deliveriesOf = () =>
      Promise.all(
        viewers.map(({ page }) =>
          page.evaluate((): Delivery[] => [...globalThis.__deliveries, ...globalThis.__probes.segments]),
        ),
      );
    const before = { bytes: site.segmentBytes, deliveries: await deliveriesOf() };
    const observations = await observe(viewers, duration);
    const deliveries = await deliveriesOf();
    const since = deliveries.flatMap((all, i) => all.slice(before.deliveries[i]?.length));
    const siteBytes = site.segmentBytes - before.bytes;
    const copies = siteBytes / lengthOfDistinct(since);
    const controlled = await Promise.all(
      viewers.map(({ page }) => page.evaluate(() => navigator.serviceWorker.controller !== null)),
    );
    return { observations, deliveries, copies, siteBytes, errors: viewers.flatMap(({ errors }) => errors), controlled };
  } finally {
    for (const viewer of viewers) await viewer.close();
  }
}

/** Length, bytes, of all different segments. */
function lengthOfDistinct(deliveries: readonly Delivery[]): number {
  const lengths = new Map(deliveries.map(({ url, length }) => [url, length]));
  return [...lengths.values()].reduce((sum, length) => sum + length, 0);
}

/** URLs of the deliveries that are not the bytes of the feed's file of that name. */
export function wrongDeliveries(deliveries: readonly Delivery[]): string[] {
  return deliveries
    .filter(({ url, sha256 }) => {
      const name = new URL(url).pathname.split('/').at(-1) ?? '';
      return (
        createHash('sha256')
          .update(readFileSync(join(feedFolder, name)))
          .digest('hex') !== sha256
      );
    })
    .map(({ url }) => url);
}
