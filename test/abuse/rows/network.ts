import { setTimeout as sleep } from 'node:timers/promises';
import type { Namespace } from '../support/namespace.js';
import type { Row } from '../support/row.js';

const GONE_MS = 20_000;
/** For so long a browser knows a name that it has asked for, whatever the answer says, ms. */
const REMEMBERED_MS = 61_000;
/** hls.js asks an origin that fails again after up to 8 s: who is lucky is back so much earlier, s. */
const RETRY = 8;
const apart = { apart: true };

/** Faults of one viewer's network, on which the plain player is, too. */
export const networkRows = (
  network: Pick<Namespace, 'cut' | 'mend' | 'move' | 'addresses'>,
): readonly (Row & { readonly stage: { readonly apart: boolean } })[] => [
  {
    fault: 'A viewer has no network for 20 s, and its links are cut',
    promised: 'as without peers, then on; the others miss nothing',
    stage: apart,
    allowed: { stall: RETRY, whole: 90 },
    play: async () => {
      network.cut();
      await sleep(GONE_MS);
      network.mend();
      return undefined;
    },
  },
  {
    fault: 'A viewer’s address changes, as from one network to another',
    promised: 'links end and come again; no difference',
    stage: apart,
    allowed: { whole: 90 },
    play: async () => {
      network.move();
      await sleep(10_000);
      return undefined;
    },
  },
  {
    fault: 'The origin’s name is gone for 80 s, and connections to it are cut after 60 s',
    promised: 'as without peers, then on',
    stage: apart,
    allowed: { stall: RETRY },
    play: async ({ seats: [first], plain }) => {
      const { addresses } = network;
      network.addresses = [];
      await sleep(REMEMBERED_MS);
      const fronts = [plain, ...(first ? [first] : [])].map(({ front }) => front);
      for (const front of fronts) await front.refuse();
      for (const front of fronts) await front.accept();
      await sleep(GONE_MS);
      network.addresses = addresses;
      return undefined;
    },
  },
];
