import { Wire } from '../vendor/bittorrent-protocol.js';

let nextId = 0;

/**
 * The origin as a web seed of one segment torrent, for `torrent.addWebSeed()`. It fetches nothing itself: it says
 * `have` for pieces whose bytes are here, so that webtorrent never waits on it, and asks for them at memory speed.
 */
export class OriginConnection extends Wire {
  /** webtorrent knows a web seed by this. */
  readonly connId = `origin:${nextId++}`;
  readonly #offered: Uint8Array;
  #greeted = false;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly pieceLength: number,
  ) {
    super('originSide');
    this.#offered = new Uint8Array(Math.ceil(bytes.byteLength / pieceLength));
    this.once('handshake', ((infoHash: string) => {
      this.handshake(infoHash, ORIGIN_PEER_ID);
      this.bitfield(toBitfield(this.#offered));
      this.#greeted = true;
    }) as never);
    this.once('interested', () => this.unchoke());
    this.on('request', (index, offset, length, respond) => {
      const start = index * this.pieceLength + offset;
      // A copy: what is not verified may come again, into the same buffer.
      if (this.#offered[index]) respond(null, this.bytes.slice(start, start + length));
      else respond(new Error(`piece ${index} is not here`));
    });
  }

  offers(index: number): boolean {
    return this.#offered[index] === 1;
  }

  /** Piece `index` is in the buffer whole. */
  offer(index: number): void {
    if (this.#offered[index]) return;
    this.#offered[index] = 1;
    if (this.#greeted && !this.destroyed) this.have(index);
  }
}

/** Stands for the origin in handshakes: no viewer has it. */
const ORIGIN_PEER_ID = '00'.repeat(20);

/** One bit a piece, the first in the highest bit (BEP 3, `bitfield`). */
function toBitfield(flags: Uint8Array): Uint8Array {
  const bits = new Uint8Array(Math.ceil(flags.length / 8));
  flags.forEach((flag, index) => {
    if (flag) bits[index >> 3] = (bits[index >> 3] ?? 0) | (0x80 >> (index & 7));
  });
  return bits;
}
