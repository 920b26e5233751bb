import { beTerse } from '../src/segment/terse-wire.js';
import type { Wire } from '../src/vendor/bittorrent-protocol.js';

const recorded = (peerHas: number[], peerChoking = true): { wire: Wire; said: string[] } => {
  const said: string[] = [];
  const says =
    (name: string) =>
    (...args: unknown[]): void =>
      void said.push([name, ...args].join(' ').trim());
  const wire = {
    peerChoking,
    emit: says('emit'),
    peerPieces: { get: (index: number) => peerHas.includes(index) },
    have: says('have'),
    bitfield: says('bitfield'),
    haveAll: says('haveAll'),
    haveNone: says('haveNone'),
    unchoke: says('unchoke'),
  } as unknown as Wire;
  beTerse(wire);
  return { wire, said };
};

describe('a terse wire', () => {
  it('tells of no piece that the other side has', () => {
    const { wire, said } = recorded([1]);
    wire.have(0);
    wire.have(1);
    expect(said).toEqual(['have 0']);
  });

  it('is unchoked right after its pieces were told', () => {
    for (const [tell, ...args] of [['bitfield', Uint8Array.of(7)], ['haveAll'], ['haveNone']] as const) {
      const { wire, said } = recorded([]);
      (wire[tell] as (bits?: Uint8Array) => void)(...args);
      expect(said).toEqual([[tell, ...args].join(' '), 'unchoke']);
    }
  });

  it('tells webtorrent of an unchoke that came before it listened', () => {
    const { wire, said } = recorded([], false);
    wire.haveNone();
    expect(said).toEqual(['haveNone', 'unchoke', 'emit unchoke']);
  });
});
