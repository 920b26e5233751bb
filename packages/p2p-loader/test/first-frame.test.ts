import { jest } from '@jest/globals';
import { afterFirstFrame, FIRST_FRAME_MS, UNSEEN_FRAME_MS } from '../src/entry/first-frame.js';

/** A media element, as far as it tells of its first frame. */
class FakeMedia extends EventTarget {
  readyState = 0;
}

describe('what waits for the first frame', () => {
  const ran: string[] = [];
  const task = (): void => void ran.push('task');

  beforeEach(() => {
    jest.useFakeTimers();
    ran.length = 0;
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('runs a moment after the element has its data, once', () => {
    const media = new FakeMedia();
    afterFirstFrame(media, task);
    jest.advanceTimersByTime(UNSEEN_FRAME_MS + 1);
    media.dispatchEvent(new Event('loadeddata'));
    expect(ran).toEqual([]);
    jest.advanceTimersByTime(50);
    expect(ran).toEqual(['task']);
    media.dispatchEvent(new Event('loadeddata'));
    jest.runAllTimers();
    expect(ran).toEqual(['task']);
  });

  it('runs after half a second where the element stays without', () => {
    afterFirstFrame(new FakeMedia(), task);
    jest.advanceTimersByTime(FIRST_FRAME_MS - 1);
    expect(ran).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(ran).toEqual(['task']);
  });

  it.each([
    ['there is no element', undefined],
    ['the element tells of nothing', {}],
    ['it shows something already', Object.assign(new FakeMedia(), { readyState: 4 })],
  ])('runs after a tenth of a second where %s', (_case, media) => {
    afterFirstFrame(media, task);
    jest.advanceTimersByTime(UNSEEN_FRAME_MS - 1);
    expect(ran).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(ran).toEqual(['task']);
  });

  it('can be prevented, before and after the data', () => {
    const media = new FakeMedia();
    const prevent = afterFirstFrame(media, task);
    media.dispatchEvent(new Event('loadeddata'));
    prevent();
    afterFirstFrame(media, task)();
    media.dispatchEvent(new Event('loadeddata'));
    jest.runAllTimers();
    expect(ran).toEqual([]);
  });
});
