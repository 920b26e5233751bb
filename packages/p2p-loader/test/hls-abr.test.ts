import { jest } from '@jest/globals';
import Hls, { type AbrController, Events } from 'hls.js';
import { Estimates } from '../src/hls/estimates.js';
import { hlsConfig } from '../src/hls/hls-config.js';
import type { SegmentBytes, TransferTiming } from '../src/segment-source.js';
import { FakeSource, kept, segment, settle, someBytes } from './fake-source.js';
import { fragment, fragmentLoader, URL_A } from './hls-fakes.js';

/** 500 kB. */
const BYTES = someBytes(500_000);
/** What they take at 10 Mbit/s, ms. */
const BODY_MS = 400;
const TTFB_MS = 60;
const LOGGER = { log() {}, warn() {}, info() {}, trace() {}, debug() {}, error() {} };

beforeAll(() => {
  // hls.js names the global object as browsers do.
  Object.assign(globalThis, { self: globalThis });
});
const controllers: AbrController[] = [];
afterEach(() => {
  jest.restoreAllMocks();
  for (const controller of controllers.splice(0)) controller.destroy();
});

interface Internals {
  fragCurrent: object;
  _abandonRulesCheck(): void;
  onFragLoaded(event: string, data: object): void;
  onFragBuffered(event: string, data: object): void;
}

/** hls.js's own ABR controller on levels of 0.5, 1 and 8 Mbit/s. */
function abrController(bufferSeconds = 10) {
  const triggered: string[] = [];
  const levels = [500_000, 1_000_000, 8_000_000].map((bitrate) => ({
    bitrate,
    maxBitrate: bitrate,
    averageBitrate: bitrate,
    details: { live: true },
    loadError: 0,
    fragmentError: 0,
  }));
  const hls = {
    config: { ...Hls.DefaultConfig, useMediaCapabilities: false },
    logger: LOGGER,
    on() {},
    off() {},
    trigger: (event: string) => triggered.push(event),
    levels,
    minAutoLevel: 0,
    maxAutoLevel: 2,
    loadLevel: 2,
    autoLevelEnabled: true,
    media: { paused: false, playbackRate: 1, readyState: 4 },
    mainForwardBufferInfo: { len: bufferSeconds },
    latestLevelDetails: { live: true },
    allAudioTracks: [],
  };
  const Controller = Hls.DefaultConfig.abrController as unknown as new (hls: object) => AbrController;
  const controller = new Controller(hls);
  controllers.push(controller);
  return { controller, internals: controller as unknown as Internals, triggered };
}

type Load = ReturnType<typeof fragmentLoader>;

/** Reports a finished load to the controller, as the stream controller would. */
function report({ stats, clock }: Load, { internals }: ReturnType<typeof abrController>): void {
  const frag = { type: 'main', sn: 1, level: 2, duration: 4, bitrate: 8_000_000, stats };
  stats.parsing.end = clock.time + 2;
  internals.onFragLoaded(Events.FRAG_LOADED, { frag, part: null });
  internals.onFragBuffered(Events.FRAG_BUFFERED, { frag, part: null, stats });
}

/** The estimate after ten segments, bit/s; `deliver` says how the bytes of one come. */
async function estimateAfterTen(deliver: (clock: Load['clock']) => { timing: TransferTiming; waitMs: number }) {
  const abr = abrController();
  for (let n = 0; n < 10; n++) {
    let finish: (bytes: SegmentBytes) => void = () => {};
    const load = fragmentLoader(new FakeSource().add(URL_A, new Promise((resolve) => (finish = resolve))));
    load.load();
    const { timing, waitMs } = deliver(load.clock);
    load.clock.advance(waitMs);
    finish(segment(BYTES, { timing }));
    await settle(3);
    report(load, abr);
  }
  return abr.controller.bwEstimator.getEstimate();
}

const transferFrom = (start: number): TransferTiming => ({
  start,
  firstByte: start + TTFB_MS,
  end: start + TTFB_MS + BODY_MS,
});

describe("hls.js's bandwidth estimate is the real transfers'", () => {
  const near10Mbit = (estimate: number): void => {
    expect(estimate).toBeGreaterThan(9_000_000);
    expect(estimate).toBeLessThan(11_000_000);
  };

  it('when bytes come as they are asked for', async () => {
    near10Mbit(await estimateAfterTen(({ time }) => ({ timing: transferFrom(time), waitMs: TTFB_MS + BODY_MS })));
  });

  it('when they lie in the cache', async () => {
    near10Mbit(await estimateAfterTen(({ time }) => ({ timing: transferFrom(time - 5_000), waitMs: 0 })));
  });

  it('when the transfer was half done', async () => {
    near10Mbit(await estimateAfterTen(({ time }) => ({ timing: transferFrom(time - 230), waitMs: 230 })));
  });

  it('when a peer was awaited first', async () => {
    near10Mbit(
      await estimateAfterTen(({ time }) => ({ timing: transferFrom(time + 3_000), waitMs: 3_000 + TTFB_MS + BODY_MS })),
    );
  });

  it('by the clock when the source tells times that make no sense', async () => {
    near10Mbit(
      await estimateAfterTen(() => ({ timing: { start: Number.NaN, firstByte: 5, end: 1 }, waitMs: BODY_MS })),
    );
  });
});

describe("hls.js's estimate after a crowded start", () => {
  /** A player that measured 1 Mbit/s for 8 s; `Player` is its class. */
  function player(Player: object = Hls) {
    const estimates = new Estimates();
    let destroy = (): void => {};
    const hls = {
      ...{ config: Hls.DefaultConfig, constructor: Player, logger: LOGGER, off() {} },
      on: (event: string, listener: () => void) => {
        if (event === Events.DESTROYING) destroy = listener;
      },
      get bandwidthEstimate(): number {
        return abr.bwEstimator.getEstimate();
      },
    };
    const abr: AbrController = new (hlsConfig(new FakeSource(), estimates).abrController)(hls);
    controllers.push(abr);
    abr.bwEstimator.sample(8_000, 1_000_000);
    /** What it estimates after each segment of lines of so many Mbit/s; negative: it waited for half of the segment's duration. */
    const after = (...lineRates: number[]): number[] =>
      lineRates.map((megabits) => {
        estimates.told(Math.abs(megabits) * 1e6, megabits < 0 ? 0.5 : 0.2);
        return hls.bandwidthEstimate / 1e6;
      });
    return { after, destroy: () => destroy() };
  }

  it('begins anew with what the line carries, once the player has not waited for two segments', () => {
    expect(player().after(8, 8, 8)).toEqual([1, 8, 8]);
    expect(player().after(8, 0, 8, -8, 8, 8)).toEqual([1, 1, 1, 1, 1, 8]);
  });

  it('stays as it is where it is near to that', () => {
    expect(player().after(1.1, 1.1, 1.1)).toEqual([1, 1, 1]);
    expect(player().after(0.5, 0.5, 0.5)).toEqual([1, 1, 1]);
  });

  it('stays as it is in a player whose controller takes no estimate, or that is gone', () => {
    class Old extends Hls.DefaultConfig.abrController {}
    Object.assign(Old.prototype, { resetEstimator: undefined });
    expect(player({ DefaultConfig: { abrController: Old } }).after(8, 8, 8)).toEqual([1, 1, 1]);
    const gone = player();
    gone.destroy();
    expect(gone.after(8, 8, 8)).toEqual([1, 1, 1]);
  });
});

describe("hls.js's emergency switch", () => {
  /** Runs the controller's check every 100 ms, as it does itself. */
  function watch(bufferSeconds: number) {
    const source = new FakeSource().add(URL_A, new Promise(() => {}));
    const load = fragmentLoader(source);
    const abr = abrController(bufferSeconds);
    jest.spyOn(performance, 'now').mockImplementation(() => load.clock.time);
    load.load();
    const { frag } = fragment();
    abr.internals.fragCurrent = Object.assign(
      { level: 2, bitrate: 8_000_000, stats: load.stats, abortRequests() {} },
      frag,
    );
    const begin = load.clock.time;
    const run = (ms: number): void => {
      for (let at = 0; at < ms; at += 100) {
        load.clock.advance(100);
        abr.internals._abandonRulesCheck();
      }
    };
    const progress = (loaded: number): void => {
      const timing = { start: begin, firstByte: begin + TTFB_MS };
      source.asked[0]?.options.onProgress?.({
        loaded,
        total: 4_000_000,
        timing,
        bodyMs: 1,
        prefix: kept(new Uint8Array(0)),
        verified: true,
      });
    };
    const switched = (): boolean => abr.triggered.includes(Events.FRAG_LOAD_EMERGENCY_ABORTED);
    return { run, progress, switched };
  }

  it('does not act while a peer is awaited', () => {
    const { run, switched } = watch(3);
    run(6_000);
    expect(switched()).toBe(false);
  });

  it('does not act when a peer pauses in the middle of a fast transfer', () => {
    const { run, progress, switched } = watch(3);
    run(200);
    progress(500_000);
    run(200);
    progress(1_000_000);
    run(3_500);
    expect(switched()).toBe(false);
  });

  it('acts when the bytes really come too slowly', () => {
    const { run, progress, switched } = watch(3);
    for (let loaded = 0; loaded < 10 && !switched(); loaded++) {
      progress((loaded + 1) * 20_000);
      run(400);
    }
    expect(switched()).toBe(true);
  });

  it('acts when pauses have been forgiven for a whole segment duration', () => {
    const { run, progress, switched } = watch(3);
    run(200);
    progress(500_000);
    run(4_500);
    expect(switched()).toBe(false);
    run(6_000);
    expect(switched()).toBe(true);
  });
});
