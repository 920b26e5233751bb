import fc from 'fast-check';
import { contentRange, parseRange } from '../src/range.js';

describe('parseRange (RFC 9110 §14.1.2)', () => {
  it.each([
    ['bytes=0-0', { first: 0, last: 0 }],
    ['bytes=5-', { first: 5 }],
    ['bytes=-5', { first: -5 }],
    [' bytes=1-2 ', { first: 1, last: 2 }],
  ])('reads %j', (field, range) => expect(parseRange(field)).toEqual(range));

  it.each(['', 'bytes=', 'bytes=-', 'bytes=-0', 'bytes=2-1', 'bytes=0-1,3-4', 'items=0-1', 'bytes=a-b', 'bytes 0-1'])(
    'leaves %j to the server',
    (field) => expect(parseRange(field)).toBeUndefined(),
  );

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (field) => expect(() => parseRange(field)).not.toThrow()));
  });
});

describe('contentRange (RFC 9110 §14.4)', () => {
  it('has the last byte, not the end, and an asterisk for an unknown length', () => {
    expect(contentRange({ offset: 10, length: 5, total: 100 })).toBe('bytes 10-14/100');
    expect(contentRange({ offset: 10, length: 5 })).toBe('bytes 10-14/*');
  });
});
