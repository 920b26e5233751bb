import { jest } from '@jest/globals';
import fc from 'fast-check';
import { watch } from './support/careful-player.js';
import { behindCli, behindExpress, type Served } from './support/live-torrent.js';
import type { Feed } from './support/scripted-feed.js';
import type { Rule, Script } from './support/scripted-upstream.js';

jest.setTimeout(60_000);

/** The same scripts in each run; another seed tries others. */
const SEED = Number(process.env.LIVE_TORRENT_SEED ?? 1);
/** No further script is tried after so long, ms. */
const TIME_LIMIT = 6_000;
/** A name that is in doubt is read once more for each doubt, and not with each reload. */
const MOST_READS = 4;

const edits: readonly (readonly [RegExp, string])[] = [
  [/\n/g, '\r\n'],
  [/#EXTM3U/, '#EXTM3U x="y"'],
  [/(#EXTINF.*)/g, '$1title'],
  [/(#EXTINF)/g, '# a comment\n$1'],
];

/** What makes it hard to tell one segment from another; two of these at once leave a player in doubt, too. */
const troubles: fc.Arbitrary<Feed> = fc.oneof(
  fc.constant({}),
  fc.record({ ring: fc.integer({ min: 5, max: 7 }) }),
  fc.record({ sequence: fc.constantFrom('missing', 'constant') }),
  fc.record({ firstNumber: fc.constantFrom(7n, 2n ** 53n + 5n) }),
  fc.record({ restart: fc.record({ at: fc.integer({ min: 1, max: 3 }), listed: fc.integer({ min: 1, max: 2 }) }) }),
  fc.record({ slates: fc.integer({ min: 3, max: 4 }) }),
  fc.record({ inserted: fc.record({ at: fc.integer({ min: 1, max: 2 }), before: fc.integer({ min: 3, max: 5 }) }) }),
);

const ways: fc.Arbitrary<Feed> = fc.record(
  {
    window: fc.integer({ min: 3, max: 5 }),
    uri: fc.constantFrom('seg{n}.ts', 'seg{n}.ts?token={load}', '/t{load}/seg{n}.ts', 'play.php?n={n}&f=a.ts'),
    end: fc.record({ at: fc.integer({ min: 3, max: 5 }), tail: fc.constantFrom('#EXT-X-ENDLIST\n', '#EXT-X-ENDLIST') }),
    edits: fc.subarray([...edits]),
  },
  { requiredKeys: [] },
);

/** What has another URL with each load, and stands after a segment that is inserted, is in doubt twice: docs/limits.md. */
const isInDoubtTwice = ({ uri, inserted }: Feed): boolean => inserted !== undefined && Boolean(uri?.includes('{load}'));

const feeds: fc.Arbitrary<Feed> = fc
  .tuple(ways, troubles)
  .map(([way, trouble]) => ({ ...way, ...trouble }))
  .filter((feed) => !isInDoubtTwice(feed));

const rules: fc.Arbitrary<Rule[]> = fc.subarray<Rule>([
  { at: /\.ts/, when: ['origin', /./], times: 1, status: 503 },
  { at: /seg4/, times: 1, sends: 0.5 },
  { at: /seg5/, times: 1, status: 500 },
  { at: /seg6/, sends: 0.5, length: 'chunked' },
]);

const scripts: fc.Arbitrary<Script> = fc.record({
  feeds: feeds.map((feed) => ({ '/live.m3u8': feed })),
  rules,
  etags: fc.boolean(),
  headers: fc.constantFrom({}, { 'Access-Control-Allow-Origin': '*' }),
});

async function check(start: (script: Script) => Promise<Served>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(scripts, async (script) => {
      const served = await start(script);
      try {
        expect((await watch(script, served, { reads: MOST_READS })).faults).toEqual([]);
      } finally {
        await served.close();
      }
    }),
    { interruptAfterTimeLimit: TIME_LIMIT, markInterruptAsFailure: false, numRuns: 50, endOnFailure: true, seed: SEED },
  );
}

describe('whatever an upstream does, a player has what it has directly', () => {
  it.concurrent('through live-torrent -u', () => check((script) => behindCli(script, '/live.m3u8')));
  it.concurrent('through Express with the middleware', () => check((script) => behindExpress(script)));
});
