/** Links that one segment is exchanged with at a time, in both directions. More are told to ask others. */
export const MAX_SESSIONS = 4;
/** As many viewers share out what is given. Among more it has to go a long way, and as fast as it can. */
export const FEW_VIEWERS = 16;
/** Segments that a viewer's share is told from: about so many, and these beside them, so that the first do not tell much. */
const SHARE_SEGMENTS = 16;
const FIRST_SEGMENTS = 4;

/**
 * What a viewer gives for what it takes, of late. Who is linked to most is asked most, and first: once it gave more than its share it gives to fewer at a
 * time, so that the others ask those who have it from there.
 */
export class FairShare {
  /** Segments; each counts less with every one that is taken. */
  #given = 0;
  #taken = FIRST_SEGMENTS;

  /** It gives a segment to one more viewer. */
  gave(): void {
    this.#given += 1;
  }

  /** It has one more segment whole. */
  took(): void {
    const kept = 1 - 1 / SHARE_SEGMENTS;
    this.#given *= kept;
    this.#taken = this.#taken * kept + 1;
  }

  /**
   * Links that it exchanges one segment with at a time.
   * @param viewers of the stream
   */
  sessions(viewers: number): number {
    const share = this.#given / this.#taken;
    if (viewers > FEW_VIEWERS || share <= 1) return MAX_SESSIONS;
    return share > 1.5 ? 1 : 2;
  }
}
