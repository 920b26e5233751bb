import fc from 'fast-check';
import { readReport } from '../src/index.js';

const stream = 'ab'.repeat(20);
const least = { v: 1, stream, seconds: 30 };

describe('a report of a page', () => {
  it('may leave out what is 0', () => {
    expect(readReport(JSON.stringify({ ...least, bytes: { peers: 7 } }))).toMatchObject({
      stream,
      seconds: 30,
      bytes: { peers: 7, origin: 0, helper: 0, uploaded: 0 },
      segments: { late: 0 },
      joinedMs: undefined,
    });
  });

  it.each([
    ['another version', { ...least, v: 2 }],
    ['a stream that is no id', { ...least, stream: 'x"} 1\n' }],
    ['no time', { ...least, seconds: 0 }],
    ['less than nothing', { ...least, bytes: { peers: -1 } }],
    ['text for a number', { ...least, bytes: { peers: '1' } }],
    ['more bytes than a link carries', { ...least, bytes: { peers: 1e12 } }],
    ['more segments than there can be', { ...least, segments: { origin: 1e9 } }],
    ['more time than there was', { ...least, stalledMs: 1e9 }],
    ['more than a report is long', { ...least, more: 'x'.repeat(5000) }],
  ])('is none with %s', (_, message) => expect(readReport(JSON.stringify(message))).toBeUndefined());

  it('has finite numbers that are not below 0, or is none, whatever is sent', () => {
    const numbersIn = (value: unknown): number[] =>
      typeof value === 'number'
        ? [value]
        : typeof value === 'object' && value
          ? Object.values(value).flatMap(numbersIn)
          : [];
    const any = fc.record({
      ...Object.fromEntries(Object.keys(least).map((key) => [key, fc.constant(least[key as 'v'])])),
      bytes: fc.anything(),
      segments: fc.anything(),
      stalls: fc.anything(),
      links: fc.anything(),
    });
    fc.assert(
      fc.property(fc.oneof(any, fc.anything()), (message) => {
        const report = readReport(JSON.stringify(message) ?? '');
        expect(numbersIn(report).every((number) => Number.isFinite(number) && number >= 0)).toBe(true);
      }),
    );
  });
});
