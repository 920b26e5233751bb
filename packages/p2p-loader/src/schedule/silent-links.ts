import type { Link } from '../mesh/link.js';
import type { SegmentStream } from '../mesh/segment-stream.js';
import { stallBound } from '../segment/silence.js';
import type { SegmentGiver } from '../segment/viewer-wires.js';
import { ASK_TIMEOUT_MS, type Exchange } from './exchange.js';

type Links = ReadonlyMap<string, Pick<Link, 'has' | 'receiving' | 'noteSilence' | 'silentAt' | 'silences'>>;

/** What it needs of a segment. */
interface Awaited {
  readonly infoHash: string;
  /** ms. */
  readonly duration: number;
  /** The origin is asked for it. */
  readonly fetching: boolean;
  /** Bytes. */
  readonly missing: number;
  readonly length: number;
  removeStream(stream: SegmentStream): void;
  giver(id: string): Pick<SegmentGiver, 'willing'>;
}

/** Forgets what links did not answer; it counts against those that say they have the segment. */
export function dropUnanswered(infoHash: string, { asked }: Pick<Exchange, 'asked'>, links: Links, now: number): void {
  for (const [id, at] of asked) {
    if (now - at <= ASK_TIMEOUT_MS) continue;
    asked.delete(id);
    const link = links.get(id);
    if (link?.has.has(infoHash)) link.noteSilence();
  }
}

/**
 * Leaves those that said they have it, let nobody ask for it or give nothing, and keep the place of one who would. Who received it until a moment ago
 * has its time from then on; who would give what others were asked for is not to blame.
 */
export function leaveSilent(segment: Awaited, exchange: Exchange, links: Links, now: number): void {
  const { infoHash, duration, fetching, missing, length } = segment;
  const { begun, whole, gave, left, sources, streams } = exchange;
  // What the origin sends is asked of nobody.
  if (fetching) return;
  const patience = Math.max(ASK_TIMEOUT_MS, stallBound(duration));
  for (const id of sources) {
    const link = links.get(id);
    const stream = streams.get(id);
    const since = Math.max(begun.get(id) ?? now, whole.get(id) ?? 0);
    if (!link || !stream || gave.has(id) || now - since < patience) continue;
    // Of one that receives it, there may be nothing to have that is not here.
    if (!link.has.has(infoHash) && !(link.receiving.has(infoHash) && missing === length)) continue;
    if (segment.giver(id).willing) continue;
    left.add(id);
    sources.delete(id);
    segment.removeStream(stream);
    link.noteSilence();
  }
}

/** The segment is complete: who gave some of it has made good for silence before, save for who stopped halfway. */
export function makeGood({ begun, gave }: Pick<Exchange, 'begun' | 'gave'>, links: Links): void {
  for (const id of gave) {
    const link = links.get(id);
    if (link && link.silentAt < (begun.get(id) ?? 0)) link.silences = 0;
  }
}
