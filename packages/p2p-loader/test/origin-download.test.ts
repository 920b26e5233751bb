import { downloadMissing } from '../src/origin/origin-download.js';
import { RangeHosts } from '../src/origin/origin-runs.js';
import type { ListedSegment } from '../src/playlists/listed-segment.js';

const URL_A = 'https://tv.test/a.ts';
const PIECE = 128 * 1024;
/** 20 pieces, the last of them short. */
const LENGTH = 20 * PIECE - 5;

/** Asks for what is missing, and returns the pieces that each request brought, as `first-last`. */
async function runs(here: { verified: number[]; asked: number[] }): Promise<string[]> {
  const hosts = new RangeHosts();
  hosts.learn(URL_A, true);
  const asked: string[] = [];
  await downloadMissing({
    source: { url: URL_A, range: undefined } as ListedSegment,
    hosts,
    buffer: new Uint8Array(LENGTH),
    split: false,
    random: () => 0,
    signal: new AbortController().signal,
    originRequest: (url) => ({ url, init: {} }),
    pieces: () => ({ pieceLength: PIECE, verified: new Set(here.verified), asked: new Set(here.asked) }),
    fetch: async (_url, init) => {
      const [from = 0, to = 0] = (new Headers(init?.headers).get('Range')?.match(/\d+/g) ?? []).map(Number);
      asked.push(`${from / PIECE}-${Math.floor(to / PIECE)}`);
      return new Response(new Uint8Array(to + 1 - from), { status: 206 });
    },
    onBytes: () => {},
    onAnswer: () => {},
  });
  return asked;
}

describe('what is missing of a segment', () => {
  it('is asked of the origin without what is here', async () => {
    expect(await runs({ verified: [0, 5, 6], asked: [] })).toEqual(['1-4', '7-7', '8-15', '16-19']);
  });

  it('is asked of it last where viewers were asked for it, and have not sent it by then', async () => {
    expect(await runs({ verified: [0], asked: [1, 2, 9, 19] })).toEqual([
      '3-7',
      '8-8',
      '10-15',
      '16-18',
      '1-2',
      '9-9',
      '19-19',
    ]);
  });
});
