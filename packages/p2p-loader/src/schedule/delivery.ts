/** Segments that tell how long delivery takes. */
export const MAX_DELIVERIES = 5;

/** How long the bytes of this viewer's last segments took to come after word of their fetch. Times are ms. */
export class Delivery {
  readonly #times: number[] = [];
  #usual = 0;

  /**
   * A segment is complete.
   * @param announcedAt when it was first heard that somebody fetches it; undefined: never
   * @param wantedAt since when it is wanted
   */
  note(announcedAt: number | undefined, wantedAt: number, now: number): void {
    if (announcedAt === undefined) return;
    this.#times.push(now - Math.max(announcedAt, wantedAt));
    if (this.#times.length > MAX_DELIVERIES) this.#times.shift();
    this.#usual = [...this.#times].sort((a, b) => a - b)[this.#times.length >> 1] ?? 0;
  }

  /** The median, so that a liar's segment does not count; 0 before there was one. */
  get usual(): number {
    return this.#usual;
  }
}
