import { parseAnnounce } from '../src/announce-message.js';

describe('a message to the tracker', () => {
  const id = 'x'.repeat(20);
  const announce = { action: 'announce', info_hash: id, peer_id: id };
  const offers = [{ offer: { type: 'offer', sdp: '' }, offer_id: id }];

  it.each([
    [announce],
    [{ ...announce, offers, numwant: 1, event: 'started' }],
    [{ ...announce, answer: { type: 'answer', sdp: '' }, to_peer_id: id, offer_id: id }],
  ])('is an announce: %j', (message) => expect(parseAnnounce(JSON.stringify(message))).toEqual(message));

  it.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['a scrape', JSON.stringify({ action: 'scrape', info_hash: 5 })],
    ['a short infohash', JSON.stringify({ ...announce, info_hash: 'x' })],
    ['characters above one byte', JSON.stringify({ ...announce, peer_id: '\u0100'.repeat(20) })],
    ['offers that are none', JSON.stringify({ ...announce, offers: [null] })],
    ['too many offers', JSON.stringify({ ...announce, offers: Array(21).fill(offers[0]) })],
    ['an answer to nobody', JSON.stringify({ ...announce, answer: {} })],
  ])('is refused: %s', (_what, text) => expect(parseAnnounce(text)).toBeUndefined());
});
