import { jest } from '@jest/globals';
import { type WatchOptions, watch } from './support/careful-player.js';
import { behindCli, behindExpress, behindFolder, type Served } from './support/live-torrent.js';
import type { Feed } from './support/scripted-feed.js';
import type { Script } from './support/scripted-upstream.js';

jest.setTimeout(60_000);

/** One way in which an upstream is. */
interface Row {
  readonly name: string;
  readonly script: Script;
  readonly options: RowOptions;
}

interface RowOptions extends WatchOptions {
  /** Whether all segments have magnets in the end. Default: they have. */
  readonly bare?: boolean;
}

const row = (name: string, script: Script, options: RowOptions = {}): Row => ({ name, script, options });

const live = (feed: Feed, script: Script = {}): Script => ({ ...script, feeds: { '/live.m3u8': feed } });
const segments = /\.ts/;

/** What encoders do, into folders, too. */
const encoders: readonly Row[] = [
  row('an encoder that begins anew with its first name', live({ restart: { at: 3 } })),
  row('an encoder that begins anew with a full window of the same names', live({ restart: { at: 3, listed: 4 } })),
  row(
    'an encoder that begins anew with the same numbers, and other durations',
    live({ restart: { at: 2, listed: 6, duration: 1.5 } }),
  ),
  row('names that come again', live({ ring: 6 }), { steps: 9 }),
  row('names that come again at once', live({ ring: 4 }), { steps: 9 }),
  row('names that come again, without ETags', live({ ring: 6 }, { etags: false }), { steps: 9 }),
];

/** What only the playlist's validators tell. */
const sameTexts: readonly Row[] = [
  row(
    'an encoder that begins anew with the very same first playlist',
    live({ restart: { at: 1, listed: 4 } }, { etags: 'written' }),
  ),
  row(
    'an encoder that begins anew with the very same two segments',
    live({ window: 2, restart: { at: 1, listed: 2 } }, { etags: 'written' }),
  ),
];
/** What only a look at each segment tells, which costs nothing where these are files. */
const sameNumbers = row(
  'an encoder that begins anew with the playlist that was to come',
  live({ restart: { at: 2, listed: 6 } }),
);

/** What upstreams over HTTP do. */
const upstreams: readonly Row[] = [
  row('a token in the query that changes', live({ uri: 'seg{n}.ts?token={load}' })),
  // A folder that changes is taken for a token when it has changed twice.
  row('a token in the path that changes', live({ uri: '/t{load}/seg{n}.ts' }), { reads: 2 }),
  row('a token, and names that come again', live({ uri: 'seg{n}.ts?token={load}', ring: 6 }), { steps: 9 }),
  row('names in the query', live({ uri: 'play.php?n={n}&file=a.ts' })),
  row('a last playlist without line end', live({ end: { at: 3, tail: '#EXT-X-ENDLIST' } })),
  row('a last playlist without segments', live({ end: { at: 3, empty: true } }), { bare: true }),
  row('a last playlist', live({ end: { at: 3 } })),
  row('no EXT-X-MEDIA-SEQUENCE', live({ sequence: 'missing' })),
  row('an EXT-X-MEDIA-SEQUENCE that stays', live({ sequence: 'constant' })),
  row('an EXT-X-MEDIA-SEQUENCE beyond 2^53', live({ firstNumber: 2n ** 53n + 5n })),
  row('one URI listed many times', live({ slates: 3 }), { steps: 9 }),
  row('a segment put into the middle later', live({ inserted: { at: 2, before: 4 } })),
  row('no EXT-X-MEDIA-SEQUENCE, and a token', live({ sequence: 'missing', uri: 'seg{n}.ts?token={load}' })),
  row('a segment that ends at half once', live({}, { rules: [{ at: /seg5/, times: 1, sends: 0.5 }] })),
  row('a segment that ends at half always', live({}, { rules: [{ at: /seg5/, sends: 0.5 }] }), { bare: true }),
  row('a chunked segment that ends at half', live({}, { rules: [{ at: /seg5/, sends: 0.5, length: 'chunked' }] }), {
    bare: true,
  }),
  row('a segment that is shorter than its Content-Length', live({}, { rules: [{ at: /seg5/, length: 50 }] }), {
    bare: true,
  }),
  row('a segment that is longer than its Content-Length', live({}, { rules: [{ at: /seg5/, length: -50 }] }), {
    bare: true,
  }),
  row('ranges of one file', live({ singleFile: 'all.ts' })),
  row(
    'ranges of one file that are answered with others',
    live({ singleFile: 'all.ts' }, { rules: [{ at: segments, range: 'shifted' }] }),
    { bare: true },
  ),
  row(
    'ranges of one file that are longer than they say',
    live({ singleFile: 'all.ts' }, { rules: [{ at: segments, range: 'longer' }] }),
    { bare: true },
  ),
  row(
    'ranges of one file that are not honoured',
    live({ singleFile: 'all.ts' }, { rules: [{ at: segments, range: 'ignored' }] }),
    { bare: true },
  ),
  row('indented lines', live({ edits: [[/^(?=.)/gm, '  ']] })),
  row('attributes after #EXTM3U', live({ edits: [[/#EXTM3U/, '#EXTM3U url-tvg="http://x/guide"']] })),
  row('an empty line before #EXTM3U', live({ edits: [[/^/, '\n']] })),
  row('CRLF', live({ edits: [[/\n/g, '\r\n']] })),
  row('EXT-X-SESSION-DATA in a Media Playlist', live({ head: ['#EXT-X-SESSION-DATA:DATA-ID="a",VALUE="b"'] })),
  row('bare URIs without EXTINF', live({ edits: [[/^#EXTINF.*\n/gm, '']] }), { bare: true }),
  row('an empty Content-Encoding', live({}, { rules: [{ at: segments, headers: { 'Content-Encoding': '' } }] })),
  row('Content-Encoding: utf-8', live({}, { rules: [{ at: segments, headers: { 'Content-Encoding': 'utf-8' } }] })),
  row(
    'Content-Encoding: aws-chunked',
    live({}, { rules: [{ at: segments, headers: { 'Content-Encoding': 'aws-chunked' } }] }),
  ),
];

/** Feeds for which a player needs more than one host, so only `-u` has them. */
const hosts: readonly Row[] = [
  row('segments on another edge with each load', live({ uri: '{edge}/seg{n}.ts' }, { hosts: 2 })),
  row(
    'a balancer that redirects each load to another edge',
    live({}, { hosts: 3, rules: [{ at: /^\/lb/, redirect: '{edge}/live.m3u8' }] }),
    { path: '/lb.m3u8', feed: '/live.m3u8' },
  ),
  row('segments that any page may read', live({}, { headers: { 'Access-Control-Allow-Origin': '*' } })),
  row(
    'a first CORS answer that comes late',
    live(
      {},
      {
        headers: { 'Access-Control-Allow-Origin': '*' },
        rules: [{ at: segments, when: ['origin', /./], times: 1, delay: 1_700 }],
      },
    ),
  ),
  row(
    'a first CORS answer that is 503 without the header',
    live(
      {},
      {
        headers: { 'Access-Control-Allow-Origin': '*' },
        rules: [
          {
            at: segments,
            when: ['origin', /./],
            times: 1,
            status: 503,
            headers: { 'Access-Control-Allow-Origin': '' },
          },
        ],
      },
    ),
  ),
];

/** What was wrong. */
async function faults(served: Served, { script, options }: Row): Promise<readonly string[]> {
  try {
    const { faults, magnets, listed } = await watch(script, served, options);
    return options.bare || magnets === listed ? faults : [...faults, `${magnets} magnets for ${listed} segments`];
  } finally {
    await served.close();
  }
}

describe('through live-torrent -u', () => {
  it.concurrent.each([...encoders, ...sameTexts, ...upstreams, ...hosts])('$name', async (each) => {
    const served = await behindCli(each.script, each.options.path ?? '/live.m3u8');
    expect(await faults(served, each)).toEqual([]);
  });
});

describe('through Express with the middleware', () => {
  it.concurrent.each([...encoders, ...sameTexts, ...upstreams])('$name', async (each) => {
    expect(await faults(await behindExpress(each.script), each)).toEqual([]);
  });
});

describe.each(['middleware', 'magnetize'] as const)('a folder that an encoder writes into, with the %s', (by) => {
  it.concurrent.each([...encoders, ...sameTexts, sameNumbers])('$name', async (each) => {
    const served = await behindFolder(each.script, '/live.m3u8', by);
    const settles = by === 'magnetize' ? 3_000 : 0;
    expect(await faults(served, { ...each, options: { ...each.options, settles } })).toEqual([]);
  });
});
