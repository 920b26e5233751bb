import { ViewerWires } from '../src/segment/viewer-wires.js';

/** The wires of a segment of three pieces, the first of which is here. */
const willing = (...wires: readonly { choking?: boolean; requests?: number[]; has?: number[] }[]): boolean[] => {
  const viewers = new ViewerWires({
    torrent: {
      wires: wires.map(({ choking = false, requests = [], has = [] }, n) => ({
        ...{ type: 'webrtc', peerId: `${n}`, peerChoking: choking },
        requests: requests.map((piece) => ({ piece, offset: 0, length: 1 })),
        peerPieces: { get: (index: number) => has.includes(index), set: () => {} },
      })) as never,
    },
    content: { count: 3 },
    verified: new Set([0]),
    origin: { gives: () => false },
    upload: undefined,
    now: () => 0,
    patience: 1,
    onServed: () => {},
  });
  return wires.map((_, n) => viewers.giver(`${n}`).willing);
};

describe('a viewer of whom nothing is asked', () => {
  it('is willing where it lets itself be asked for something that is missing', () => {
    expect(willing({ requests: [1, 2], has: [0, 1, 2] }, { has: [2] })).toEqual([false, true]);
  });

  it('is not where it chokes, or has only what is here', () => {
    expect(willing({ choking: true, has: [1] }, { has: [0] }, {})).toEqual([false, false, false]);
  });
});
