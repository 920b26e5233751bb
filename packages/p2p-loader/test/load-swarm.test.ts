import { jest } from '@jest/globals';
import { type Swarm, SwarmLoader } from '../src/entry/load-swarm.js';
import { settle } from './fake-source.js';

const swarm = {} as Swarm;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate'] });
});
afterEach(() => {
  jest.useRealTimers();
});

function loader(load: () => Promise<Swarm>) {
  const log: unknown[] = [];
  const calls = { count: 0 };
  const swarmLoader = new SwarmLoader(
    (loaded) => log.push(loaded),
    (error) => log.push(error.message),
    () => {
      calls.count += 1;
      return load();
    },
  );
  return { log, calls, swarmLoader };
}

it('loads once, however often it is started', async () => {
  const { log, calls, swarmLoader } = loader(async () => swarm);
  swarmLoader.start();
  swarmLoader.start();
  await settle();
  swarmLoader.start(10);
  await jest.advanceTimersByTimeAsync(100);
  expect([log, calls.count]).toEqual([[swarm], 1]);
});

it('is loaded before it is made use of', async () => {
  const { log, calls, swarmLoader } = loader(async () => swarm);
  swarmLoader.prepare();
  swarmLoader.prepare();
  await settle();
  expect([log, calls.count]).toEqual([[], 1]);
  swarmLoader.start();
  await settle();
  expect([log, calls.count]).toEqual([[swarm], 1]);
});

it('says once that it did not load, though it was loaded before', async () => {
  const { log, calls, swarmLoader } = loader(async () => {
    throw new Error('gone');
  });
  swarmLoader.prepare();
  await settle();
  expect(log).toEqual([]);
  swarmLoader.start();
  await settle();
  swarmLoader.stop();
  expect([log, calls.count]).toEqual([[expect.stringContaining('gone')], 1]);
});

it('begins after the delay, or at once when it is started again', async () => {
  const delayed = loader(async () => swarm);
  delayed.swarmLoader.start(1_000);
  await jest.advanceTimersByTimeAsync(999);
  expect(delayed.calls.count).toBe(0);
  await jest.advanceTimersByTimeAsync(1);
  expect(delayed.calls.count).toBe(1);
  const hurried = loader(async () => swarm);
  hurried.swarmLoader.start(1_000);
  hurried.swarmLoader.start();
  await jest.advanceTimersByTimeAsync(2_000);
  expect(hurried.calls.count).toBe(1);
});

it('says what did not load, and tries again a minute later', async () => {
  let reachable = false;
  const { log, calls, swarmLoader } = loader(async () => {
    if (!reachable) throw new TypeError('Failed to fetch https://site.example/swarm.js');
    return swarm;
  });
  swarmLoader.start();
  await settle();
  expect(log).toEqual([expect.stringMatching(/swarm\.js.*https:\/\/site\.example\/swarm\.js/)]);
  swarmLoader.start();
  swarmLoader.prepare();
  await jest.advanceTimersByTimeAsync(59_000);
  expect(calls.count).toBe(1);
  reachable = true;
  await jest.advanceTimersByTimeAsync(1_000);
  expect(log[1]).toBe(swarm);
});

it('says that it is of another version', async () => {
  const errors: string[] = [];
  const swarmLoader = new SwarmLoader(
    ({ Torrents }) => new Torrents('', () => {}),
    ({ message }) => errors.push(message),
    async () => swarm,
  );
  swarmLoader.start();
  await settle();
  swarmLoader.stop();
  expect(errors).toEqual([expect.stringContaining('Torrents is not a constructor')]);
});

it('is over when it is stopped, before, while, and after it failed', async () => {
  const before = loader(async () => swarm);
  before.swarmLoader.start(10);
  before.swarmLoader.stop();
  before.swarmLoader.start();
  const during = loader(async () => swarm);
  during.swarmLoader.start();
  during.swarmLoader.stop();
  const failing = loader(async () => {
    throw new Error('gone');
  });
  failing.swarmLoader.start();
  failing.swarmLoader.stop();
  await jest.advanceTimersByTimeAsync(120_000);
  expect([before.log, during.log, failing.log]).toEqual([[], [], []]);
  expect([before.calls.count, during.calls.count, failing.calls.count]).toEqual([0, 1, 1]);
});

it("has the swarm's parts by itself", async () => {
  const loaded = await new Promise<Swarm>((resolve, reject) => new SwarmLoader(resolve, reject).start());
  expect(Object.keys(loaded).sort()).toEqual(['Discovery', 'Link', 'Torrents']);
});
