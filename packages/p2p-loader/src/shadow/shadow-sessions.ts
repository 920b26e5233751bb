import type { Upload } from '../manners/upload-gate.js';
import type { ControlMessage } from '../mesh/control.js';
import type { Link } from '../mesh/link.js';
import { ASK_TIMEOUT_MS, BUSY_MS, type Exchanges, type ExchangesEnvironment } from '../schedule/exchange.js';
import type { ShadowSegment } from './shadow-segment.js';
import type { ShadowTally } from './shadow-tally.js';

interface Asked {
  link: Link | undefined;
  at: number;
  /** Links that refused, until when. */
  readonly busy: Map<string, number>;
}

/** Who would give which segment to whom: one link is asked at a time, and answers by a word instead of bytes. */
export class ShadowSessions implements Exchanges<ShadowSegment> {
  readonly #asked = new Map<string, Asked>();

  constructor(
    private readonly environment: ExchangesEnvironment<ShadowSegment>,
    private readonly upload: Upload,
    private readonly tally: Pick<ShadowTally, 'uploadedBytes'>,
  ) {}

  /** `connect` sees to that. */
  room(): number {
    return 1;
  }

  connect(segment: ShadowSegment): void {
    const now = this.environment.now();
    const asked = this.#of(segment.infoHash);
    if (asked.link && now - asked.at < ASK_TIMEOUT_MS) return;
    const holders = [...this.environment.links().values()].filter(
      (link) => link.open && link.has.has(segment.infoHash) && (asked.busy.get(link.id) ?? 0) <= now,
    );
    asked.link = holders[Math.floor(this.environment.random() * holders.length)];
    asked.at = now;
    if (!asked.link) return;
    // One that does not answer is not hoped for again.
    asked.busy.set(asked.link.id, now + 2 * ASK_TIMEOUT_MS);
    asked.link.send({ t: 'want', h: segment.infoHash });
    this.environment.onHope(segment);
  }

  receive(link: Link, message: ControlMessage): void {
    if (message.t === 'want') this.#wanted(link, message.h);
    else if (message.t === 'gave' && this.#answered(link, message.h)) this.environment.segment(message.h)?.given();
    else if (message.t === 'no' && this.#answered(link, message.h)) {
      this.#of(message.h).busy.set(link.id, this.environment.now() + BUSY_MS);
      const segment = this.environment.segment(message.h);
      if (segment) this.environment.onChange(segment);
    }
  }

  completed(segment: ShadowSegment): void {
    this.forget(segment.infoHash);
  }

  forget(infoHash: string): void {
    this.#asked.delete(infoHash);
  }

  #of(infoHash: string): Asked {
    let asked = this.#asked.get(infoHash);
    if (!asked) {
      asked = { link: undefined, at: 0, busy: new Map() };
      this.#asked.set(infoHash, asked);
    }
    return asked;
  }

  /** Whether that link was asked for it. */
  #answered(link: Link, infoHash: string): boolean {
    const asked = this.#asked.get(infoHash);
    if (asked?.link !== link) return false;
    asked.link = undefined;
    return true;
  }

  #wanted(link: Link, infoHash: string): void {
    const segment = this.environment.segment(infoHash);
    const gives = this.environment.gives?.() ?? true;
    const wait = segment?.complete && gives ? this.upload.admit(segment.length) : undefined;
    if (!segment || wait === undefined) {
      link.send({ t: 'no', h: infoHash });
      return;
    }
    this.tally.uploadedBytes += segment.length;
    if (wait === 0) link.send({ t: 'gave', h: infoHash });
    else setTimeout(() => link.send({ t: 'gave', h: infoHash }), wait);
  }
}
