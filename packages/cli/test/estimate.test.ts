import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { UsageError } from '../src/errors.js';
import { estimate, estimateText, largestShare } from '../src/estimate/estimate.js';
import { parseEstimateOptions } from '../src/estimate/estimate-options.js';
import { main } from '../src/main.js';

describe('the largest share that peers can carry', () => {
  it('is the bound of the benchmark: one copy of each segment, and the first segment of each later viewer', () => {
    // 8 viewers of 20 segments each: 160 arrive, 20 + 7 come from the origin.
    expect(largestShare(8, (20 * 4) / 3_600)).toBeCloseTo(1 - 27 / 160);
  });

  it('is nothing for one viewer, and (N - 1)/N in the long run', () => {
    expect(largestShare(1, 10)).toBe(0);
    expect(largestShare(8, 1_000)).toBeCloseTo(0.875, 4);
  });

  it('is between 0 and 1, and grows with viewers and hours', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.double({ min: 0.001, max: 1e4, noNaN: true }),
        (viewers, hours) => {
          const share = largestShare(viewers, hours);
          expect(share).toBeGreaterThanOrEqual(0);
          expect(share).toBeLessThan(1);
          expect(largestShare(viewers + 1, hours)).toBeGreaterThanOrEqual(share);
          expect(largestShare(viewers, hours + 1)).toBeGreaterThanOrEqual(share);
        },
      ),
    );
  });
});

describe('an estimate', () => {
  it('counts GB of 10^9 bytes: 1 Mbit/s for an hour is 0.45 GB', () => {
    const { delivered, plainCost } = estimate({ viewers: 2, bitrate: 1, hours: 1, price: 2, share: 0 });
    expect(delivered).toBeCloseTo(0.9);
    expect(plainCost).toBeCloseTo(1.8);
  });

  it('takes the share that was measured', () => {
    const { fromOrigin, cost } = estimate({ viewers: 10, bitrate: 4, hours: 2, price: 0.05, share: 0.75 });
    expect(fromOrigin).toBeCloseTo(9);
    expect(cost).toBeCloseTo(0.45);
  });

  it('says what it is of, what is saved, and how to know better', () => {
    const text = estimateText({ viewers: 1_000, bitrate: 4, hours: 2, price: 0.05, share: undefined });
    expect(text).toContain('1000 viewers, 2 h each, 4 Mbit/s, 0.05 a GB:');
    expect(text).toMatch(/plain HLS +3600 GB +0 GB +180\n/);
    expect(text).toMatch(/live-torrent +5\.6 GB +3594 GB +0\.28\n/);
    expect(text).toContain('--share');
    expect(estimateText({ viewers: 8, bitrate: 4, hours: 2, price: 0.05, share: 0.5 })).not.toContain('--share');
  });
});

describe('its command line', () => {
  const good = ['--viewers', '8', '--bitrate', '4.5', '--price', '0.02'];

  it('wants viewers, bitrate and price', () => {
    expect(parseEstimateOptions(good)).toEqual({ viewers: 8, bitrate: 4.5, price: 0.02, hours: 1, share: undefined });
    expect(parseEstimateOptions([...good, '--share', '75', '--hours', '3'])).toMatchObject({ hours: 3, share: 0.75 });
  });

  it.each([
    ['--viewers', good.slice(2)],
    ['--viewers', [...good, '--viewers', '1.5']],
    ['--viewers', [...good, '--viewers', '0']],
    ['--bitrate', [...good, '--bitrate', 'fast']],
    ['--price', [...good, '--price=-1']],
    ['--hours', [...good, '--hours', '']],
    ['--share', [...good, '--share', '101']],
    ['--shares', [...good, '--shares', '1']],
    ['"8"', [...good, '8']],
  ])('what is wrong is named: %s', (named, argv) => {
    expect(() => parseEstimateOptions(argv)).toThrow(UsageError);
    expect(() => parseEstimateOptions(argv)).toThrow(named);
  });

  it('does not repeat the password of a URL that has no place there', () => {
    expect(() => parseEstimateOptions([...good, 'http://user:s3cret@host/'])).toThrow(/"http:\/\/host\/" is no flag/);
  });

  it('prints the estimate, or its help, and ends', async () => {
    const lines: string[] = [];
    const terminal = {
      out: lines.push.bind(lines),
      err: lines.push.bind(lines),
      status: undefined,
      stopped: () => new Promise<void>(() => {}),
    };
    expect(await main(['estimate', ...good], terminal)).toBe(0);
    expect(await main(['estimate', '--help'], terminal)).toBe(0);
    expect(await main(['estimate'], terminal)).toBe(2);
    expect(lines.join('\n')).toMatch(
      /plain HLS.*Usage:.*estimate: --viewers is missing\nTry live-torrent estimate --help/s,
    );
  });
});

describe('the table of docs/savings.md', () => {
  const text = readFileSync(new URL('../../../docs/savings.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| [\d,]+ \|.*$/gm)].map(([row]) =>
    (row.match(/[\d.,]+/g) ?? []).map((cell) => Number(cell.replace(',', ''))),
  );

  it('has rows', () => expect(rows.length).toBeGreaterThan(5));

  it.each(rows)('is what the estimate says: %d viewers', (viewers = 0, ...cells) => {
    const { share, delivered, fromOrigin, plainCost, cost } = estimate({
      viewers,
      bitrate: 4,
      hours: 1,
      price: 0.05,
      share: undefined,
    });
    const expected = [100 * largestShare(viewers, 0.1), 100 * share, delivered, fromOrigin].map((value) =>
      value.toFixed(1),
    );
    expect(cells.map((cell, i) => cell.toFixed(i < 4 ? 1 : 2))).toEqual([
      ...expected,
      plainCost.toFixed(2),
      cost.toFixed(2),
    ]);
  });
});
