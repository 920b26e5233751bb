import { formatInfo, readInfo } from '@live-torrent/manifest-magnetizer/info';
import { type ControlMessage, MAX_LINKS } from '../mesh/control.js';
import type { Link } from '../mesh/link.js';
import type { SegmentStream } from '../mesh/segment-stream.js';
import type { Segment } from '../segment/segment.js';
import { candidates, leaveSlow } from './candidates.js';
import { LINK_BUSY_MS } from './demand.js';
import { BUSY_MS, type Exchange, type Exchanges, type ExchangesEnvironment, newExchange, roomIn } from './exchange.js';
import { FairShare, FEW_VIEWERS, MAX_SESSIONS } from './fair-share.js';
import type { Need } from './pace.js';
import { LISTEN_MS, SAFETY_MARGIN_MS } from './policy.js';
import { dropUnanswered, leaveSilent, makeGood } from './silent-links.js';

const needOf = ({ missing, duration }: Segment, neededAt: number, now: number): Need => ({
  missing,
  duration,
  slack: neededAt - SAFETY_MARGIN_MS - now,
});

/** Which link exchanges which segment: one stream per link and segment, opened by the side with the smaller peer id. */
export class Sessions implements Exchanges<Segment> {
  readonly #exchanges = new Map<string, Exchange>();
  readonly #share = new FairShare();

  constructor(private readonly environment: ExchangesEnvironment<Segment>) {}

  /** Asks links that have, receive or fetch a wanted segment, best first. */
  connect(segment: Segment, neededAt: number): void {
    if (this.environment.asksLinks?.(segment) === false) return;
    const exchange = this.#exchange(segment.infoHash);
    const now = this.environment.now();
    const links = this.environment.links();
    leaveSlow(segment, exchange, links, needOf(segment, neededAt, now), now);
    if (!this.#isNarrow(segment)) leaveSilent(segment, exchange, links, now);
    let room = this.room(segment);
    if (room <= 0) return;
    for (const link of this.#candidates(segment, neededAt, false)) {
      if (!segment.info) {
        if (!link.has.has(segment.infoHash)) continue;
        exchange.asked.set(link.id, now);
        link.send({ t: 'want', h: segment.infoHash, i: true });
        return;
      }
      if (this.#ask(segment, link) && --room <= 0) return;
    }
  }

  askStandIn(segment: Segment, neededAt: number): boolean {
    if (!segment.info || this.environment.asksLinks?.(segment) === false) return false;
    const { hoped, streams } = this.#exchange(segment.infoHash);
    if (streams.size >= MAX_SESSIONS) return false;
    return this.#candidates(segment, neededAt, true).some((link) => !hoped.has(link.id) && this.#ask(segment, link));
  }

  /** How many more links may be asked for it now. */
  room(segment: Segment): number {
    const exchange = this.#exchange(segment.infoHash);
    const now = this.environment.now();
    dropUnanswered(segment.infoHash, exchange, this.environment.links(), now);
    return roomIn(exchange, this.#isNarrow(segment), now);
  }

  /** The other side began a segment. */
  accept(link: Link, stream: SegmentStream): boolean {
    const segment = this.environment.segment(stream.infoHash);
    if (!segment?.info) return false;
    const exchange = this.#exchange(segment.infoHash);
    const expected = exchange.asked.delete(link.id);
    if (!expected) link.remember(link.asked, segment.infoHash);
    if (exchange.streams.has(link.id) || (!expected && !this.#canServe(segment, exchange, link))) return false;
    if (expected) this.#asSource(exchange, link);
    this.#attach(segment, link, stream);
    return true;
  }

  receive(link: Link, message: ControlMessage): void {
    switch (message.t) {
      case 'have':
      case 'part':
        for (const infoHash of [message.h].flat()) this.#offered(link, infoHash);
        break;
      case 'fetching':
        if (message.f === link.id) {
          link.remember(link.fetching, message.h);
          this.#queue(link, message);
        }
        break;
      case 'want':
        this.#wanted(link, message.h, message.i);
        break;
      case 'no':
        this.#refused(link, message.h);
        break;
      case 'info':
        this.#info(link, message.h, message.i);
        break;
      default:
    }
  }

  /** A segment is complete: those who need nothing of it, and whom it needs nothing of, part. */
  completed(segment: Segment): void {
    this.#share.took();
    const exchange = this.#exchanges.get(segment.infoHash);
    if (!exchange) return;
    exchange.asked.clear();
    makeGood(exchange, this.environment.links());
    for (const [id, stream] of [...exchange.streams]) {
      if (this.environment.links().get(id)?.has.has(segment.infoHash)) segment.removeStream(stream);
    }
  }

  /** Nothing more is given: those are left whom this viewer needs nothing of itself. */
  withdraw(): void {
    for (const [infoHash, exchange] of this.#exchanges) {
      const segment = this.environment.segment(infoHash);
      if (!segment?.complete) continue;
      for (const stream of [...exchange.streams.values()]) segment.removeStream(stream);
    }
  }

  linkClosed(link: Link): void {
    for (const [infoHash, exchange] of this.#exchanges) {
      exchange.busy.delete(link.id);
      const segment = this.environment.segment(infoHash);
      if (segment) this.leave(segment, link);
    }
  }

  leave(segment: Segment, link: Link): void {
    link.fetching.delete(segment.infoHash);
    const exchange = this.#exchanges.get(segment.infoHash);
    exchange?.asked.delete(link.id);
    const stream = exchange?.streams.get(link.id);
    if (stream) segment.removeStream(stream);
  }

  forget(infoHash: string): void {
    const exchange = this.#exchanges.get(infoHash);
    this.#exchanges.delete(infoHash);
    const streams = [...(exchange?.streams.values() ?? [])];
    // Their ends are no change of a segment that is gone.
    exchange?.streams.clear();
    for (const stream of streams) stream.destroy();
  }

  /** @param standIns those who stand in for the origin, or the others */
  #candidates(segment: Segment, neededAt: number, standIns: boolean): Link[] {
    const { links, now, random, standsIn = () => false } = this.environment;
    const asked = [...links().values()].filter((link) => standsIn(link) === standIns);
    const exchange = this.#exchange(segment.infoHash);
    return candidates(segment.infoHash, exchange, asked, needOf(segment, neededAt, now()), now(), random);
  }

  /** @returns whether it could be asked */
  #ask(segment: Segment, link: Link): boolean {
    const exchange = this.#exchange(segment.infoHash);
    const now = this.environment.now();
    if (link.opens) {
      const stream = link.begin(segment.infoHash);
      if (!stream) return false;
      this.#asSource(exchange, link);
      this.#attach(segment, link, stream);
    } else {
      exchange.asked.set(link.id, now);
      link.send({ t: 'want', h: segment.infoHash });
    }
    exchange.askedAt ??= now;
    if (!exchange.hoped.has(link.id) && link.silences === 0) this.environment.onHope(segment);
    exchange.hoped.add(link.id);
    return true;
  }

  #exchange(infoHash: string): Exchange {
    let exchange = this.#exchanges.get(infoHash);
    if (!exchange) {
      exchange = newExchange();
      this.#exchanges.set(infoHash, exchange);
    }
    return exchange;
  }

  get #gives(): boolean {
    return this.environment.gives?.() ?? true;
  }

  #isNarrow(segment: Segment): boolean {
    return this.environment.isNarrow?.(segment) ?? false;
  }

  #canServe(segment: Segment, exchange: Exchange, { lineRate }: Link): boolean {
    if (!this.#gives) return false;
    if (this.environment.helper) return exchange.streams.size < MAX_LINKS;
    // Until it has a source, one keeps its place.
    const reserved = segment.complete || segment.fetching || exchange.sources.size > 0 ? 0 : 1;
    // On narrow lines all give: what a fetcher has goes to each of them a part. And who takes long for it keeps nobody else waiting.
    const takesLong = lineRate > 0 && LINK_BUSY_MS * lineRate < 1_000 * segment.length;
    const most =
      takesLong || this.#isNarrow(segment) ? MAX_SESSIONS : this.#share.sessions(this.environment.swarmSize());
    return exchange.streams.size < Math.min(most, MAX_SESSIONS - reserved);
  }

  gave({ infoHash }: Segment, id: string): void {
    this.#exchanges.get(infoHash)?.gave.add(id);
  }

  #asSource(exchange: Exchange, { id }: Link): void {
    exchange.sources.add(id);
    exchange.begun.set(id, this.environment.now());
  }

  #attach(segment: Segment, link: Link, stream: SegmentStream): void {
    const exchange = this.#exchange(segment.infoHash);
    exchange.streams.set(link.id, stream);
    if (!exchange.sources.has(link.id)) this.#share.gave();
    stream.on('error', () => {});
    stream.on('close', () => {
      if (exchange.streams.get(link.id) !== stream) return;
      exchange.streams.delete(link.id);
      exchange.sources.delete(link.id);
      exchange.busy.set(link.id, this.environment.now() + BUSY_MS);
      this.environment.onChange(segment);
    });
    segment.addStream(stream);
  }

  /** A fetcher is asked once it begins: until then it may leave that to another. */
  #queue(link: Link, { h, w = 0 }: ControlMessage & { t: 'fetching' }): void {
    // Who fetches what is not known here, such as another rendition, is not to be remembered: nothing would forget it.
    if (!this.environment.segment(h)) return;
    const exchange = this.#exchange(h);
    const now = this.environment.now();
    exchange.busy.set(link.id, now + Math.min(w, LISTEN_MS));
    // Among many the first who has some of it may be asked beside the fetcher, whatever that costs.
    if (this.environment.swarmSize() > FEW_VIEWERS) exchange.askedAt ??= now;
  }

  #offered(link: Link, infoHash: string): void {
    const segment = this.environment.segment(infoHash);
    if (!segment) return;
    if (segment.complete) {
      const stream = this.#exchanges.get(infoHash)?.streams.get(link.id);
      if (stream && link.has.has(infoHash)) segment.removeStream(stream);
      return;
    }
    const exchange = this.#exchange(infoHash);
    if (link.has.has(infoHash) && !exchange.whole.has(link.id)) exchange.whole.set(link.id, this.environment.now());
    // One that fetches it had no room: it has none yet.
    if (!link.fetching.has(infoHash)) exchange.busy.delete(link.id);
  }

  #wanted(link: Link, infoHash: string, infoOnly?: boolean): void {
    const segment = this.environment.segment(infoHash);
    if (segment) link.remember(link.asked, infoHash);
    if (segment?.info && this.#gives) {
      if (infoOnly) {
        link.send({ t: 'info', h: infoHash, i: formatInfo(segment.info) });
        return;
      }
      const exchange = this.#exchange(infoHash);
      if (!link.opens || exchange.streams.has(link.id)) return;
      const stream = this.#canServe(segment, exchange, link) && link.begin(infoHash);
      if (stream) {
        this.#attach(segment, link, stream);
        return;
      }
    }
    link.send({ t: 'no', h: infoHash });
  }

  #refused(link: Link, infoHash: string): void {
    const exchange = this.#exchanges.get(infoHash);
    if (!exchange?.asked.delete(link.id)) return;
    exchange.busy.set(link.id, this.environment.now() + BUSY_MS);
    const segment = this.environment.segment(infoHash);
    if (segment) this.environment.onChange(segment);
  }

  #info(link: Link, infoHash: string, text: string): void {
    if (!this.#exchanges.get(infoHash)?.asked.delete(link.id)) return;
    const segment = this.environment.segment(infoHash);
    if (!segment) return;
    const info = readInfo(text, infoHash, segment.length);
    if (!info || !segment.setInfo(info)) link.badPieces += 1;
    this.environment.onChange(segment);
  }
}
