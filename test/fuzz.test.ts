import fc from 'fast-check';
import { TARGETS, type Target } from './fuzz/targets.js';

/** For how long each target is tried, s; without it, a few hundred inputs that are the same each time. `npm run test:fuzz` sets it. */
const SECONDS = Number(process.env.FUZZ_SECONDS ?? 0);
/** To see again what a run has found. */
const SEED = Number(process.env.FUZZ_SEED ?? (SECONDS > 0 ? Date.now() % 2 ** 31 : 26));
const RUNS = 150;

/** What stands where a reader decides. */
const WORDS = [
  ...[
    '\n',
    '\r',
    '\r\n',
    '\0',
    '"',
    ',',
    ':',
    '=',
    '{',
    '}',
    '[',
    ']',
    '#',
    '?',
    '&',
    '/',
    '..',
    '%00',
    '%2f',
    '\u2028',
    '\ufeff',
  ],
  ...[
    '-1',
    '0',
    '1e9',
    '9007199254740993',
    '18446744073709551616',
    'NaN',
    'null',
    '{}',
    '[]',
    '__proto__',
    'constructor',
  ],
  ...[
    '#EXTM3U',
    '#EXTINF:',
    '#EXT-X-BYTERANGE:',
    '#EXT-X-DEFINE:',
    '{$a}',
    '###magnet:',
    '###live-torrent:?v=1&stream=',
    'http://',
    'file:',
  ],
  ...['moov', 'moof', 'mdat', 'ID3', 'WEBVTT', ' --> ', '-u', '-f', '--', '--no-', '\x1b[', '\x9b'],
];

type Change = readonly [kind: number, at: number, length: number, word: number];
const change: fc.Arbitrary<Change> = fc.tuple(fc.nat(6), fc.nat(2 ** 20), fc.nat(64), fc.nat(2 ** 16));

/** Changes an input as files and messages are broken, and as who attacks breaks them. */
function changed(input: Uint8Array, changes: readonly Change[], other: Uint8Array): Uint8Array {
  let bytes = Buffer.from(input);
  for (const [kind, place, length, word] of changes) {
    const at = bytes.length === 0 ? 0 : place % (bytes.length + 1);
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    const text = Buffer.from(WORDS[word % WORDS.length] ?? '');
    if (kind === 0 && after.length > 0) after[0] = word & 0xff;
    else if (kind === 1) bytes = Buffer.concat([before, text, after]);
    else if (kind === 2) bytes = Buffer.concat([before, after.subarray(length)]);
    else if (kind === 3)
      bytes = Buffer.concat([before, ...Array<Buffer>(length % 8).fill(after.subarray(0, 64)), after]);
    else if (kind === 4) bytes = Buffer.from(before);
    else if (kind === 5) bytes = Buffer.concat([before, other.subarray(0, length * 16), after.subarray(length)]);
    else if (after.length >= 4) after.writeUInt32BE([0, 1, 7, 0xffffffff, bytes.length, word][word % 6] ?? 0, 0);
    // The longest that is worth its time.
    bytes = bytes.subarray(0, 256 * 1024);
  }
  return bytes;
}

const inputOf = ({ corpus }: Target): fc.Arbitrary<Uint8Array> => {
  const seed = fc.constantFrom(...corpus);
  return fc
    .tuple(seed, fc.array(change, { maxLength: 12 }), seed)
    .map(([input, changes, other]) => changed(input, changes, other));
};

describe('whatever somebody else has written', () => {
  it.each(Object.entries(TARGETS))(
    'is read, or refused as it should be: %s',
    async (name, target) => {
      for (const input of target.corpus) await target.check(input);
      const limits =
        SECONDS > 0
          ? { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: SECONDS * 1000, markInterruptAsFailure: false }
          : { numRuns: name === 'media' ? RUNS / 3 : RUNS };
      await fc.assert(
        fc.asyncProperty(inputOf(target), async (input) => target.check(input)),
        { seed: SEED, ...limits },
      );
    },
    60_000 + SECONDS * 2_000,
  );
});
