import { jest } from '@jest/globals';
import type { EngineOptions } from '../src/engine/options.js';
import {
  aheadOf,
  type EngineParts,
  entryOf,
  heldOf,
  libraryOf,
  meshOf,
  needsOf,
  schedulerOf,
} from '../src/engine/parts.js';
import { noBytes } from '../src/figures/accounting.js';
import { UploadGate } from '../src/manners/upload-gate.js';
import { PlaylistCatalog } from '../src/playlists/playlist-catalog.js';
import { Playback } from '../src/schedule/playback.js';
import { LinkRate } from '../src/segment/link-rate.js';
import { Waiters } from '../src/segment/waiters.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const now = (): number => 0;
const options: EngineOptions = {
  peerId: 'a'.repeat(40),
  stream: 'b'.repeat(40),
  access: { announce: [], iceServers: [] },
  renew: undefined,
  relayOnly: false,
  localNetwork: undefined,
  helper: false,
  group: undefined,
  maxCacheBytes: 1,
  environment: { now, random: () => 0, fetch },
  originRequest: (url) => ({ url, init: {} }),
  catalog: new PlaylistCatalog(),
  playback: new Playback(),
  counters: noBytes(),
  upload: new UploadGate({}, now, () => {}),
  onLink: () => {},
  onPart: () => {},
  onWarning: () => {},
  onUnable: () => {},
};

/** The parts before any of those is made that know others. */
const parts = new Proxy({ link: new LinkRate(), waiters: new Waiters() } as unknown as EngineParts, {
  get(made, name) {
    if (name in made) return Reflect.get(made, name);
    throw new Error(`${String(name)} is not made yet`);
  },
});

describe('the parts of an engine are made in any order', () => {
  it.each(Object.entries({ aheadOf, entryOf, libraryOf, meshOf, needsOf, schedulerOf, heldOf }))(
    '%s asks none of the others while it makes its own',
    (_name, make) => {
      expect(() => make(parts, options)).not.toThrow();
    },
  );
});
