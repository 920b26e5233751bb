/** How a hostile viewer behaves, as data. What is left out is as an honest viewer has it, save that it never takes a segment for itself. */
export interface Behaviour {
  readonly name: string;
  /** Viewers that it is at a time. Default 1. */
  readonly ids?: number;
  /** Comes back under new ids so often, ms. Default: stays. */
  readonly renewed?: number;
  /** What it says of each new segment of the stream. Default: that it has it. */
  readonly says?: readonly Word[];
  /** What becomes of a `want`: default, that a channel is opened for it. */
  readonly answers?: 'begin' | 'no' | 'nothing';
  /** What becomes of a request for a block. Default: it is right. */
  readonly gives?: Giving;
  /** It lets nobody ask. */
  readonly chokes?: boolean;
  /** What becomes of a `want` for an info dictionary. */
  readonly info?: 'wrong' | 'huge';
  /** Frames of the main channel, so many a second. */
  readonly frames?: { readonly rate: number; readonly make: (n: number, heard: Heard) => string | Uint8Array };
  /** Segment channels that are opened, and closed again, so many a second. */
  readonly channels?: number;
  /** Asks for all that it is told of, again and again. */
  readonly takes?: boolean;
  /** Announces with such offers, so many a second. */
  readonly offers?: { readonly rate: number; readonly sdp: string };
}

/** A word about a segment: that it has it, receives it, or fetches it; that strangers or its neighbours do; or what it had heard long before. */
export type Word = 'have' | 'part' | 'fetching' | 'strangers fetch' | 'others fetch' | 'next' | 'replay';

export type Giving =
  | 'right'
  | 'nothing'
  | 'wrong'
  | 'one in fifty wrong'
  | 'last wrong'
  /** 1 KB/s. */
  | 'drip'
  /** A block whenever patience is about to end. */
  | 'just in time'
  /** Half of the pieces. */
  | 'half';

/** What it knows of the stream. */
export interface Heard {
  /** Infohashes of the listed segments, oldest first. */
  readonly listed: readonly string[];
}

const hash = (): string => Array.from({ length: 40 }, () => Math.floor(16 * Math.random()).toString(16)).join('');
const json = (message: unknown): string => JSON.stringify(message);
const lines = (count: number, message: () => unknown): string =>
  Array.from({ length: count }, () => json(message())).join('\n');
const hashes = (count: number): string[] => Array.from({ length: count }, hash);
const info = (length: number): string => Buffer.alloc(length, 'i').toString('base64url');

/** Each breaks one of the promises in docs/reliability.md, if it can. */
export const behaviours: readonly Behaviour[] = [
  { name: 'all that it gives is wrong', gives: 'wrong' },
  { name: 'one piece in fifty is wrong', gives: 'one in fifty wrong' },
  { name: 'the last piece is wrong', gives: 'last wrong' },
  { name: 'says that it has what it never gives', gives: 'nothing' },
  { name: 'says that it has everything, and has no room', answers: 'no' },
  { name: 'says that it has everything, and answers nothing', answers: 'nothing' },
  { name: 'says that it fetches, and never does', says: ['fetching'], answers: 'nothing' },
  { name: 'the same, under new ids', says: ['fetching'], answers: 'nothing', renewed: 6_000 },
  {
    name: 'says that it fetches, then that it has some, and gives nothing',
    says: ['fetching', 'part'],
    gives: 'nothing',
  },
  { name: 'drips', gives: 'drip' },
  { name: 'gives a block whenever patience ends', gives: 'just in time' },
  { name: 'gives half and stops', gives: 'half' },
  { name: 'chokes for ever', chokes: true },
  { name: 'asks for everything and reads nothing of it', says: [], takes: true },
  { name: 'opens and closes channels', channels: 200 },
  {
    name: 'words of unknown segments',
    frames: { rate: 200, make: () => lines(8, () => ({ t: 'new', h: hash(), l: 9, i: info(60), after: hash() })) },
  },
  {
    name: 'words of fetchers of unknown segments',
    frames: { rate: 200, make: () => lines(8, () => ({ t: 'fetching', h: hash(), f: hash(), a: 0 })) },
  },
  { name: 'wants what there is not', frames: { rate: 1_250, make: () => lines(8, () => ({ t: 'want', h: hash() })) } },
  {
    name: 'small frames without end',
    frames: { rate: 10_000, make: (_n, { listed }) => json({ t: 'have', h: listed.slice(-1) }) },
  },
  { name: '512 unknown infohashes a frame', frames: { rate: 200, make: () => json({ t: 'have', h: hashes(512) }) } },
  { name: 'frames of 64 KiB', frames: { rate: 100, make: () => json({ t: 'unknown', x: 'x'.repeat(65_500) }) } },
  { name: 'frames beyond the limit', frames: { rate: 100, make: () => json({ t: 'unknown', x: 'x'.repeat(65_516) }) } },
  { name: 'binary frames', frames: { rate: 100, make: (n) => Uint8Array.from({ length: 1_000 }, (_, i) => i * n) } },
  { name: 'deep JSON', frames: { rate: 100, make: () => `{"t":${'['.repeat(30_000)}${']'.repeat(30_000)}}` } },
  { name: 'wrong types', frames: { rate: 100, make: () => json({ t: 'have', h: { length: 1e9 } }) } },
  {
    name: 'lengths of 2^53',
    says: [],
    frames: {
      rate: 2,
      make: (_n, { listed }) => json({ t: 'new', h: hash(), l: 2 ** 53 - 1, i: info(60), after: listed.at(-1) }),
    },
  },
  { name: 'info dictionaries that do not match', says: ['next'], info: 'wrong' },
  {
    name: 'huge info dictionaries',
    info: 'huge',
    frames: { rate: 20, make: (_n, { listed }) => json({ t: 'info', h: listed.at(-1), i: info(45_000) }) },
  },
  { name: 'says that strangers fetch', says: ['strangers fetch'], answers: 'nothing' },
  { name: 'says that its neighbours fetch', says: ['others fetch'], answers: 'nothing' },
  {
    name: 'says again what was long ago',
    says: ['replay'],
    frames: {
      rate: 50,
      make: (n, { listed }) => json({ t: 'fetching', h: listed[n % listed.length], f: hash(), a: 1 }),
    },
  },
  { name: 'comes back under new ids', gives: 'nothing', renewed: 3_000 },
  { name: 'offers that are no SDP', says: [], offers: { rate: 20, sdp: 'v=0\r\nnonsense' } },
  { name: 'offers of 100 KB', says: [], offers: { rate: 5, sdp: `v=0\r\n${'a=x\r\n'.repeat(20_000)}` } },
  { name: 'is silent for ever', says: [] },
];

export const behaviour = (name: string): Behaviour => {
  const found = behaviours.find((each) => each.name === name);
  if (!found) throw new Error(`no behaviour "${name}"`);
  return found;
};
