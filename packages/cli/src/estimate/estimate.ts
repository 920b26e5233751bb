/** Who watches what, and what a byte costs. */
export interface Audience {
  /** Viewers of one rendition at the same place of a live stream. */
  readonly viewers: number;
  /** Of that rendition, Mbit/s. */
  readonly bitrate: number;
  /** How long each of them watches, hours. */
  readonly hours: number;
  /** Of a GB (10^9 bytes) from the origin, in any currency. */
  readonly price: number;
  /** Part of the bytes that comes from peers, 0 to 1; undefined: the most that can be had, see `largestShare`. */
  readonly share: number | undefined;
}

/** What such an audience takes and costs. */
export interface Estimate {
  /** Part of the bytes that comes from peers, 0 to 1. */
  readonly share: number;
  /** Bytes that all viewers get, GB. */
  readonly delivered: number;
  /** Those of them that the origin sends with live-torrent, GB. Without, it sends all. */
  readonly fromOrigin: number;
  /** What the origin's bytes cost without live-torrent, and with it. */
  readonly plainCost: number;
  readonly cost: number;
}

/** Of a segment, s: that of the benchmark, and of most live streams. */
const SEGMENT_SECONDS = 4;
const GB_PER_MBIT_HOUR = (1e6 * 3_600) / 8 / 1e9;

/**
 * The largest share of bytes that peers can carry, as the benchmark bounds a whole run: the origin sends each segment once, and each later viewer
 * its first segment, for which nobody waits.
 * @param hours that each viewer watches
 * @returns 0 to 1
 */
export function largestShare(viewers: number, hours: number): number {
  const segments = Math.max(1, (hours * 3_600) / SEGMENT_SECONDS);
  return (1 - 1 / viewers) * (1 - 1 / segments);
}

/** What is saved where so many watch. */
export function estimate({ viewers, bitrate, hours, price, share = largestShare(viewers, hours) }: Audience): Estimate {
  const delivered = viewers * bitrate * hours * GB_PER_MBIT_HOUR;
  const fromOrigin = delivered * (1 - share);
  return { share, delivered, fromOrigin, plainCost: delivered * price, cost: fromOrigin * price };
}

/** Three digits that matter; whole numbers above that. */
export const figure = (value: number): string =>
  value >= 1_000 ? value.toFixed(0) : `${Number(value.toPrecision(3))}`;
/** An amount in any currency. */
export const money = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2));

/** The estimate as text, for a terminal. */
export function estimateText(audience: Audience): string {
  const { viewers, bitrate, hours, price } = audience;
  const { share, delivered, fromOrigin, plainCost, cost } = estimate(audience);
  const rows = [
    ['', 'from the origin', 'from peers', 'cost'],
    ['plain HLS', `${figure(delivered)} GB`, '0 GB', money(plainCost)],
    ['live-torrent', `${figure(fromOrigin)} GB`, `${figure(delivered - fromOrigin)} GB`, money(cost)],
    ['saved', '', `${(100 * share).toFixed(1)} %`, money(plainCost - cost)],
  ];
  const line = ([name = '', ...cells]: string[]): string =>
    name.padEnd(14) + cells.map((cell) => cell.padStart(17)).join('');
  const note =
    audience.share === undefined
      ? [
          'The most that can be had: all watch one rendition at the same place, and all may share.',
          'Measure your own share in shadow mode, and give it as --share.',
        ]
      : [];
  return [
    `${viewers} viewers, ${hours} h each, ${bitrate} Mbit/s, ${price} a GB:`,
    '',
    ...rows.map(line),
    ...(note.length > 0 ? ['', ...note] : []),
  ].join('\n');
}
