import type { HelperStats, ViewerStats } from '@live-torrent/helper';

/** What is added up of all viewers. */
const SUMMED = [
  'links',
  'peerBytes',
  'helperBytes',
  'outsideBytes',
  'originBytes',
  'uploadedBytes',
  'heldBytes',
  'segments',
  'late',
  'failed',
  'badPieces',
  'trackerMessages',
] as const satisfies readonly (keyof ViewerStats)[];

/** What the viewers of a helper did together. */
export interface HelpSums extends Readonly<Record<(typeof SUMMED)[number], number>> {
  readonly viewers: number;
  /** Viewers of the stream, themselves among them, as far as they know. */
  readonly audience: number;
}

export function sumsOf({ viewers }: HelperStats): HelpSums {
  const sums = SUMMED.map((name) => [name, viewers.reduce((sum, viewer) => sum + viewer[name], 0)] as const);
  return {
    viewers: viewers.length,
    audience: viewers.reduce((most, { swarmSize }) => Math.max(most, swarmSize), 0),
    ...(Object.fromEntries(sums) as Record<(typeof SUMMED)[number], number>),
  };
}

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const percent = (part: number, whole: number): string => `${whole === 0 ? 0 : ((100 * part) / whole).toFixed(1)} %`;

/** One line, while it runs. */
export function statusOf(sums: HelpSums): string {
  const { viewers, audience, links, uploadedBytes, heldBytes, peerBytes, helperBytes, originBytes } = sums;
  const who = viewers === 1 ? '' : `${viewers} viewers, `;
  const helped = helperBytes > 0 ? `${mb(helperBytes)} from helpers, ` : '';
  return `${who}${links} links, ${audience} in the stream; gave ${mb(uploadedBytes)}, holds ${mb(heldBytes)}, took ${mb(peerBytes)} from peers, ${helped}${mb(originBytes)} from the origin`;
}

/** Before a viewer that has joined counts as settled, ms: its first segments come from the origin, while it seeks links. */
const SETTLED_MS = 15_000;

/** What was seen while it ran, for a table at the end. */
export class HelpReport {
  #joined = 0;
  #joinedAt = 0;
  /** The sums when all had settled. */
  #settled: HelpSums | undefined;
  #last: HelperStats | undefined;

  /** @param now ms */
  see(stats: HelperStats, now: number): void {
    if (stats.state !== 'running') return;
    this.#last = stats;
    const viewers = stats.viewers.length;
    if (viewers > this.#joined) {
      this.#joined = viewers;
      this.#joinedAt = now;
      this.#settled = undefined;
    } else if (this.#settled === undefined && viewers > 0 && now - this.#joinedAt >= SETTLED_MS) {
      this.#settled = sumsOf(stats);
    }
  }

  /**
   * Undefined where nothing was seen.
   * @param seconds since it began
   */
  table(seconds: number): string[] | undefined {
    if (this.#last === undefined) return undefined;
    const { memory, cpu } = this.#last;
    const sums = sumsOf(this.#last);
    const { viewers } = sums;
    const links = this.#last.viewers.map((viewer) => viewer.links).sort((a, b) => a - b);
    const since = (name: 'peerBytes' | 'helperBytes' | 'originBytes'): number =>
      sums[name] - (this.#settled?.[name] ?? 0);
    const [peerBytes, helperBytes, originBytes] = [since('peerBytes'), since('helperBytes'), since('originBytes')];
    const all = peerBytes + helperBytes + originBytes;
    const from = this.#settled === undefined ? 'from the start' : `${SETTLED_MS / 1_000} s after the last joined`;
    const rows: [string, string][] = [
      ['viewers', `${viewers}`],
      ['time', `${Math.round(seconds)} s`],
      ['segments taken', `${sums.segments}`],
      [`from peers, ${from}`, percent(peerBytes, all)],
      ['the same from helpers', percent(helperBytes, all)],
      ['the same, in origin copies per segment', copies(viewers, originBytes, all)],
      [
        'in the whole time, in origin copies',
        copies(viewers, sums.originBytes, sums.peerBytes + sums.helperBytes + sums.originBytes),
      ],
      ['late segments', `${sums.late}`],
      ['segments that failed', `${sums.failed}`],
      ['pieces that were wrong', `${sums.badPieces}`],
      ['links, median', `${links[Math.floor(links.length / 2)] ?? 0}`],
      ['links, least', `${links[0] ?? 0}`],
      ['given', mb(sums.uploadedBytes)],
      ['tracker messages a viewer and minute', (sums.trackerMessages / viewers / (seconds / 60)).toFixed(1)],
      ['memory', mb(memory)],
      ['processor time', `${(cpu / 1_000 / seconds).toFixed(3)} cores`],
    ];
    return rows.map(([name, value]) => name.padEnd(44) + value.padStart(12));
  }
}

/** Of a segment that all take, how many the origin sent. */
const copies = (viewers: number, originBytes: number, all: number): string =>
  all === 0 ? '-' : ((viewers * originBytes) / all).toFixed(2);
