import fc from 'fast-check';
import { MAX_DISTANCES, MeshSize, viewersByRelays } from '../src/schedule/mesh-size.js';
import { MAX_SWARM } from '../src/schedule/policy.js';

describe('the number of viewers', () => {
  it('is told by how often announcements are passed on', () => {
    expect(viewersByRelays(10, [])).toBe(1);
    expect(viewersByRelays(7, [0, 0, 0])).toBe(8);
    expect(viewersByRelays(10, [2, 2])).toBe(811);
    expect(viewersByRelays(10, [4, 5])).toBeGreaterThan(100_000);
  });

  it('is bounded whatever links say', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 16 }), fc.array(fc.nat(), { maxLength: 8 }), (links, relays) => {
        const count = viewersByRelays(links, relays);
        expect(count).toBeGreaterThanOrEqual(1);
        expect(count).toBeLessThanOrEqual(MAX_SWARM);
      }),
    );
  });

  it('forgets what is long ago, and segments that were not announced', () => {
    const size = new MeshSize();
    size.note(5);
    for (let n = 0; n < MAX_DISTANCES; n++) size.note(0);
    size.note(undefined);
    expect(size.viewers(7)).toBe(8);
  });
});
