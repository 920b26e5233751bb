import fc from 'fast-check';
import { readTrackerMessage } from '../src/mesh/tracker-message.js';

const id = 'x'.repeat(20);
const answer = { action: 'announce', info_hash: id };
const sdp = (type: string, text = 'v=0') => ({ type, sdp: text });
const read = (value: unknown) => readTrackerMessage(JSON.stringify(value));

describe('a message of a tracker', () => {
  it.each([
    { ...answer, complete: 0, incomplete: 3 },
    { ...answer, peer_id: id, offer_id: id, offer: sdp('offer') },
    { ...answer, peer_id: id, offer_id: id, answer: sdp('answer') },
    { ...answer, 'failure reason': 'too many' },
    { ...answer, 'warning message': 'soon' },
  ])('is taken as it is: %j', (message) => {
    expect(read(message)).toEqual(message);
  });

  it('says nothing of how often is announced, nor anything else', () => {
    const more = { interval: 0.001, 'min interval': -1, 'tracker id': {}, peers: [], complete: 1, incomplete: null };
    expect(read({ ...answer, ...more })).toEqual({ ...answer, complete: 1 });
  });

  it.each([
    null,
    [],
    7,
    'announce',
    {},
    { action: 'announce' },
    { action: 'scrape', info_hash: id },
    { action: 'announce', info_hash: 7 },
    { ...answer, peer_id: {} },
    { ...answer, complete: -1 },
    { ...answer, incomplete: 1e308 },
    { ...answer, offer: 'v=0' },
    { ...answer, offer: sdp('answer') },
    { ...answer, offer: sdp('offer', 'x'.repeat(64 * 1024 + 1)) },
    { ...answer, offer_id: 'short', offer: sdp('offer') },
    { ...answer, 'failure reason': {} },
  ])('is none: %j', (value) => {
    expect(() => read(value)).toThrow(Error);
  });

  it('never is anything else than its own fields, whatever comes', () => {
    const known = new Set(['action', ...Object.keys({ ...answer, peer_id: '', complete: 0, incomplete: 0 })]);
    const field = fc.constantFrom(...known, 'offer', 'answer', 'offer_id', '__proto__', 'interval');
    fc.assert(
      fc.property(fc.dictionary(field, fc.oneof(fc.constant(id), fc.nat(), fc.jsonValue())), (fields) => {
        let message: object;
        try {
          message = read({ ...answer, ...fields });
        } catch (error) {
          return error instanceof Error;
        }
        return Object.keys(message).every((name) => known.has(name) || name === 'offer_id');
      }),
    );
  });
});
