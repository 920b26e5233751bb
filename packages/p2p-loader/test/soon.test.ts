import { jest } from '@jest/globals';
import { after } from '../src/mesh/soon.js';

describe('tasks of a moment', () => {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['queueMicrotask'] }));
  afterEach(() => void jest.useRealTimers());

  it('run together a while after the first, in their order', () => {
    const ran: number[] = [];
    const soon = after(6, () => true);
    soon(() => ran.push(1));
    jest.advanceTimersByTime(5);
    soon(() => ran.push(2));
    expect(ran).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(ran).toEqual([1, 2]);
  });

  it('wait for no timer in a page that nobody sees', async () => {
    const ran: number[] = [];
    const soon = after(6, () => false);
    soon(() => ran.push(1));
    soon(() => ran.push(2));
    await Promise.resolve();
    expect(ran).toEqual([1, 2]);
  });

  it('that waited for a timer when the page was hidden run with the first one after', async () => {
    const ran: number[] = [];
    let seen = true;
    const soon = after(6, () => seen);
    soon(() => ran.push(1));
    seen = false;
    soon(() => ran.push(2));
    await Promise.resolve();
    expect(ran).toEqual([1, 2]);
    jest.advanceTimersByTime(6);
    expect(ran).toEqual([1, 2]);
  });
});
