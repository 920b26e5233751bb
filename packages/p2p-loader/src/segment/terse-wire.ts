import type { Wire } from '../vendor/bittorrent-protocol.js';

/**
 * Spares a wire between two viewers messages and a round trip, as BEP 3 leaves it free to do: a piece is not told to a viewer that has it, and
 * it is unchoked together with the pieces that are here, before it asks: there are slots for all.
 */
export function beTerse(wire: Wire): void {
  const have = wire.have.bind(wire);
  wire.have = (index) => {
    if (!wire.peerPieces.get(index)) have(index);
  };
  for (const say of ['bitfield', 'haveAll', 'haveNone'] as const) {
    const said = wire[say].bind(wire) as (bits?: Uint8Array) => void;
    wire[say] = (bits?: Uint8Array) => {
      said(bits);
      wire.unchoke();
      // It may have come with the handshake, before webtorrent listens.
      if (!wire.peerChoking) wire.emit('unchoke');
    };
  }
}
