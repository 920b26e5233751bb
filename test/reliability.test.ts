import { readFileSync } from 'node:fs';
import { browserRows } from './abuse/rows/browser.js';
import { hiddenRow } from './abuse/rows/hidden.js';
import { hostileRows } from './abuse/rows/hostile.js';
import { networkRows } from './abuse/rows/network.js';
import { nodeRows } from './abuse/rows/node.js';
import { originRows } from './abuse/rows/origin.js';
import { redisRows } from './abuse/rows/redis.js';
import { trackerRows } from './abuse/rows/tracker.js';
import { faultsIn, RELIABILITY, withRow } from './abuse/support/report.js';

const text = readFileSync(RELIABILITY, 'utf8');

describe('docs/reliability.md', () => {
  it.each([
    ['browser', [...browserRows, hiddenRow]],
    ['hostile', hostileRows],
    ['network', networkRows({ addresses: [], cut() {}, mend() {}, move() {} })],
    ['node', nodeRows],
    ['origin', originRows],
    ['redis', redisRows],
    ['tracker', trackerRows],
  ] as const)('has what was seen of faults that the suite plays, and of no others: %s', (section, rows) => {
    const played = rows.map(({ fault }) => fault);
    expect(faultsIn(text, section).filter((fault) => !played.includes(fault))).toEqual([]);
  });
});

describe('a row of a table', () => {
  const table = '# x\n<!-- abuse:a:start -->\n| f | s |\n| --- | --- |\n| one | 1 |\n<!-- abuse:a:end -->\nend\n';

  it('comes last, or in the place of the one of the same name', () => {
    const two = withRow(table, 'a', ['two', '2']);
    expect(faultsIn(two, 'a')).toEqual(['one', 'two']);
    expect(withRow(two, 'a', ['one', '3'])).toBe(two.replace('| one | 1 |', '| one | 3 |'));
  });

  it('has a table of its own, or is refused', () => {
    expect(() => withRow(table, 'b', ['one', '1'])).toThrow('<!-- abuse:b:start -->');
  });
});
