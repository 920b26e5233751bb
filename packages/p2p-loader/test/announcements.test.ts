import { Announcements, MAX_CLAIMS, type Teller } from '../src/schedule/announcements.js';
import { TRUSTED_WORD_LIFE_MS, WORD_LIFE_MS } from '../src/schedule/policy.js';

const teller = (): Teller => ({ strikes: 0, trusted: false });
const nothing = () => false;

describe('announcements of fetches', () => {
  it('tell the shortest way that the first one came, however often and in which order it came', () => {
    const announcements = new Announcements<Teller>();
    expect(announcements.relays).toBeUndefined();
    for (const relays of [4, 3, 5]) announcements.heard(teller(), 'first', false, relays, 0);
    announcements.heard(teller(), 'other', false, 1, 0);
    expect(announcements.relays).toBe(3);
    announcements.heard(teller(), 'first', true, 0, 0);
    expect(announcements.relays).toBe(0);
  });

  it('count for nothing that come from a link which lied, until they come from another', () => {
    const announcements = new Announcements<Teller>();
    const [liar, honest] = [teller(), teller()];
    announcements.heard(liar, 'liar', true, 0, 0);
    expect(announcements.judge(WORD_LIFE_MS, nothing)).toEqual([liar]);
    expect([announcements.lied(liar), announcements.lied(honest)]).toEqual([true, false]);
    const need = { neededAt: 20_000, maxSlack: 4_000 };
    announcements.heard(liar, 'somebody', false, 2, 1_000);
    expect(announcements.heldUntil(need)).toBe(0);
    announcements.heard(honest, 'somebody', false, 2, 1_000);
    expect(announcements.heldUntil(need)).toBeGreaterThan(1_000);
  });

  it('count for nothing at once where the link of the fetcher closed before it told of any', () => {
    const announcements = new Announcements<Teller>();
    const [gone, giver] = [
      { strikes: 0, trusted: true },
      { strikes: 0, trusted: true },
    ];
    announcements.heard(gone, 'gone', true, 0, 0);
    announcements.gone(gone);
    announcements.gone(giver);
    expect(announcements.judge(1, nothing)).toEqual([gone]);
    expect(announcements.heldUntil({ neededAt: 20_000, maxSlack: 4_000 })).toBe(0);
    announcements.gone(gone);
    expect(announcements.judge(2, nothing)).toEqual([]);
    announcements.heard(giver, 'giver', true, 0, 2);
    announcements.gone(giver);
    expect(announcements.judge(3, () => true)).toEqual([]);
  });

  it('of links themselves are believed without slack, not as long as one after the other says so, and not after a lie', () => {
    const announcements = new Announcements<Teller>();
    announcements.heard(teller(), 'far', false, 2, 0);
    expect(announcements.wordUntil).toBeUndefined();
    for (let n = 0; n < 5; n++) announcements.heard(teller(), `${n}`, true, 0, 500 * n);
    expect(announcements.wordUntil).toBe(TRUSTED_WORD_LIFE_MS);
    announcements.judge(WORD_LIFE_MS, nothing);
    expect(announcements.wordUntil).toBeUndefined();
  });

  it('of links themselves are believed without slack, too, where another viewer passed their word on before it came', () => {
    const announcements = new Announcements<Teller>();
    announcements.heard(teller(), 'near', false, 1, 0);
    expect(announcements.wordUntil).toBeUndefined();
    const near = teller();
    announcements.heard(near, 'near', true, 0, 100);
    expect(announcements.wordUntil).toBe(100 + WORD_LIFE_MS);
    announcements.heard(near, 'near', true, 0, 1_100);
    expect(announcements.wordUntil).toBe(100 + WORD_LIFE_MS);
  });

  it('find a liar out once', () => {
    const announcements = new Announcements<Teller>();
    const liar = teller();
    announcements.heard(liar, 'liar', true, 0, 0);
    expect(announcements.judge(WORD_LIFE_MS - 1, nothing)).toEqual([]);
    expect(announcements.judge(WORD_LIFE_MS, nothing)).toEqual([liar]);
    expect(announcements.judge(9_000, nothing)).toEqual([]);
    expect(liar.strikes).toBe(1);
  });

  it('of many liars leave room for a true one, once a lie is found out', () => {
    const announcements = new Announcements<Teller>();
    const [liar, honest] = [teller(), teller()];
    announcements.heard(liar, 'liar', true, 0, 0);
    for (let n = 1; n < MAX_CLAIMS; n++) announcements.heard(honest, `liar ${n}`, false, 2, 0);
    const need = { neededAt: 20_000, maxSlack: 4_000 };
    const held = announcements.heldUntil(need);
    announcements.heard(honest, 'unheard', false, 8, 600);
    expect(announcements.heldUntil(need)).toBe(held);
    announcements.judge(WORD_LIFE_MS, nothing);
    expect(announcements.heldUntil(need)).toBe(0);
    announcements.heard(honest, 'true', false, 1, 1_000);
    expect(announcements.heldUntil(need)).toBe(2_500);
  });
});
