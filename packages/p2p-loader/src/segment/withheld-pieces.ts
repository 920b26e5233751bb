/** Pieces that a viewer has, as `wire.peerPieces` holds them. */
export interface PieceSet {
  get(index: number): boolean;
  set(index: number, has: boolean): void;
}

/**
 * Hides pieces of a viewer from webtorrent for as long as `withheld` says so: what the origin has sent is asked of nobody else. To take
 * the request back would not do: webtorrent may ask the same viewer again before the origin's connection, and then waits for it.
 */
export function withhold(wire: { peerPieces: PieceSet }, withheld: (index: number) => boolean): void {
  const shown = (pieces: PieceSet): PieceSet =>
    Object.create(pieces, {
      get: { value: (index: number) => !withheld(index) && pieces.get(index) },
      set: { value: (index: number, has: boolean) => pieces.set(index, has) },
    });
  let pieces = shown(wire.peerPieces);
  // A viewer's bitfield replaces the object.
  Object.defineProperty(wire, 'peerPieces', {
    get: () => pieces,
    set: (replacement: PieceSet) => {
      pieces = shown(replacement);
    },
  });
}
