import { networkRows } from './rows/network.js';
import { Namespace, whyNoNamespace } from './support/namespace.js';
import { playRows } from './support/play-rows.js';

const why = whyNoNamespace();
if (why) console.warn(`no rows of the network: ${why}`);
const network = new Namespace();

(why ? describe.skip : describe)('with a network of its own', () => {
  beforeAll(() => network.open());
  afterAll(() => network.close());
  playRows('network', networkRows(network), undefined, network);
});
