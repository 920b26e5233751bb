import { GiveWay } from '../src/manners/give-way.js';
import { UploadGate, type UploadLimits } from '../src/manners/upload-gate.js';

/** An uplink that carries 1,000,000 bytes a second: three quarters of it are 131,072 bytes in 174.8 ms. */
function viewer(limits: UploadLimits = {}) {
  const uplink = { rate: 1_000_000 as number | undefined, waitingBytes: 0 };
  const state = { now: 10_000, taking: true, uplink };
  const now = () => state.now;
  const upload = new GiveWay(new UploadGate(limits, now, () => {}), {
    now,
    isTaking: () => state.taking,
    uplink,
  });
  return { state, upload, give: () => upload.admit(131_072) };
}

it('gives three quarters of the uplink while the viewer takes something itself', () => {
  const { state, give } = viewer();
  expect([give(), give(), give()].map((wait) => Math.round(wait as number))).toEqual([0, 175, 350]);
  state.now += 10_000;
  expect([give(), give()].map((wait) => Math.round(wait as number))).toEqual([0, 175]);
});

it('lets first leave what was given before it took something', () => {
  const { state, give } = viewer();
  state.uplink.waitingBytes = 400_000;
  expect([give(), give()].map((wait) => Math.round(wait as number))).toEqual([400, 575]);
});

it('gives at once while it takes nothing, and where the uplink was never full', () => {
  const { state, give } = viewer();
  give();
  state.taking = false;
  expect([give(), give()]).toEqual([0, 0]);
  const wide = viewer();
  wide.state.uplink.rate = undefined;
  expect([wide.give(), wide.give(), wide.give()]).toEqual([0, 0, 0]);
});

it('serves no further viewer, and in the end gives no further block, while those before wait', () => {
  const { state, upload, give } = viewer();
  expect(upload.hasRoom).toBe(true);
  for (let block = 0; block < 3; block++) give();
  expect(upload.hasRoom).toBe(false);
  for (let block = 3; block < 9; block++) expect(give()).toBeGreaterThan(500);
  expect(give()).toBeUndefined();
  state.taking = false;
  expect([upload.hasRoom, give()]).toEqual([true, 0]);
});

it('keeps the limits that the site set', () => {
  const slower = viewer({ maxUploadRate: 100_000 });
  expect([slower.give(), slower.give()].map((wait) => Math.round(wait as number))).toEqual([983, 2_294]);
  const off = viewer({ upload: false });
  expect([off.upload.open, off.upload.hasRoom, off.give()]).toEqual([false, false, undefined]);
});
