/** Whose blocks are in the pieces that are not verified yet. */
export class BlockShares {
  /** By piece: bytes by sender. */
  readonly #pieces = new Map<number, Map<string, number>>();

  /** A block of a piece arrived. */
  add(index: number, sender: string, bytes: number): void {
    const shares = this.#pieces.get(index) ?? new Map<string, number>();
    this.#pieces.set(index, shares);
    shares.set(sender, (shares.get(sender) ?? 0) + bytes);
  }

  /** A piece is judged: what was in it, bytes by sender. If it has to come again, it begins with nothing. */
  take(index: number): ReadonlyMap<string, number> {
    const shares = this.#pieces.get(index) ?? new Map<string, number>();
    this.#pieces.delete(index);
    return shares;
  }
}
