import { delay as delayed, within } from './delay.js';
import type { KnownVersion, Slot } from './known-playlists.js';
import type { SegmentHashes } from './segment-hashes.js';

/** Listed segments whose validators are asked at each reload, where that is cheap: the newest, and as many others in turn. */
const MAX_CHECKED = 32;
/** A playlist waits no longer for them, ms. */
const CHECKED_WITHIN = 50;

/** @param priority among what is to be hashed */
export const wanted = ({ segment: { url = '', byteRange }, id, use }: Slot, playlistUrl: string, priority: number) => ({
  url,
  byteRange,
  playlistUrl,
  id,
  since: use.since,
  priority,
});

/** Whether listed segments still have the bytes that were hashed. What has not, or cannot be looked at, has no magnet any more. */
export class SegmentChecks {
  /** By playlist, what it is being looked at for. */
  readonly #looks = new Map<string, Promise<void>>();
  #turn = 0;

  /** @param timeBudget a playlist waits no longer for a look at its newest segment, ms */
  constructor(
    private readonly hashes: Pick<SegmentHashes, 'isCurrent' | 'mark'>,
    private readonly delay: typeof delayed,
    private readonly timeBudget: number,
  ) {}

  /**
   * Asks for the validators of some segments.
   * @returns those that it could not tell of in time
   */
  async some(slots: readonly Slot[], playlistUrl: string): Promise<Set<Slot>> {
    const known = slots.filter(({ use }) => use.hashed !== undefined);
    const others = known.slice(0, -MAX_CHECKED);
    this.#turn = (this.#turn + MAX_CHECKED) % Math.max(1, others.length);
    const chosen = [...known.slice(-MAX_CHECKED), ...others.slice(this.#turn, this.#turn + MAX_CHECKED)];
    const unsure = new Set(chosen);
    const checks = chosen.map(async (slot) => {
      const isCurrent = await this.hashes.isCurrent(wanted(slot, playlistUrl, 0));
      unsure.delete(slot);
      if (!isCurrent) this.#forget(slot);
    });
    await within(Promise.all(checks), CHECKED_WITHIN, delayed);
    return unsure;
  }

  /**
   * Looks at the newest segment of a playlist that was written anew.
   * @param name the playlist's
   * @returns the segments that may have other bytes since then
   */
  async ofRewritten(name: string, { slots, rewritten }: KnownVersion, playlistUrl: string): Promise<Set<Slot>> {
    if (rewritten)
      this.#looks.set(
        name,
        this.#look(slots, playlistUrl).finally(() => this.#looks.delete(name)),
      );
    const looking = this.#looks.get(name);
    if (looking === undefined) return new Set();
    return new Set((await within(looking, this.timeBudget, this.delay)) ? [] : slots);
  }

  /** Whether the newest segment is another one: then all are. */
  async #look(slots: readonly Slot[], playlistUrl: string): Promise<void> {
    const newest = [...slots].reverse().find(({ use }) => use.hashed !== undefined);
    if (newest === undefined || (await this.hashes.isCurrent(wanted(newest, playlistUrl, 0))) !== false) return;
    for (const slot of slots) this.#forget(slot);
  }

  #forget({ use }: Slot): void {
    use.hashed = undefined;
    use.since = this.hashes.mark();
  }
}
