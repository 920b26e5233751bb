import { FairShare, FEW_VIEWERS, MAX_SESSIONS } from '../src/schedule/fair-share.js';

/** After many segments, each taken once and given so often. */
function afterGiving(each: number): FairShare {
  const share = new FairShare();
  for (let segment = 0; segment < 200; segment++) {
    share.took();
    for (let given = Math.floor(segment * each); given < Math.floor((segment + 1) * each); given++) share.gave();
  }
  return share;
}

describe('what a viewer gives for what it takes', () => {
  it.each([
    [0, MAX_SESSIONS],
    [0.8, MAX_SESSIONS],
    [1.25, 2],
    [2, 1],
  ])('%p segments for each: it gives to %i at a time', (each, sessions) => {
    expect(afterGiving(each).sessions(FEW_VIEWERS)).toBe(sessions);
  });

  it('is not bounded by what it gave first: others have nothing yet', () => {
    const share = new FairShare();
    for (let given = 0; given < MAX_SESSIONS; given++) share.gave();
    expect(share.sessions(FEW_VIEWERS)).toBe(MAX_SESSIONS);
  });

  it('is not bounded among many', () => {
    expect(afterGiving(3).sessions(FEW_VIEWERS + 1)).toBe(MAX_SESSIONS);
  });

  it('counts what is long ago for little', () => {
    const share = afterGiving(3);
    expect(share.sessions(FEW_VIEWERS)).toBe(1);
    for (let segment = 0; segment < 20; segment++) share.took();
    expect(share.sessions(FEW_VIEWERS)).toBe(MAX_SESSIONS);
  });
});
