import { NAMESPACE, VERSION } from '../src/protocol.js';
import { HOLD_LIMIT } from '../src/roll-call.js';
import { bodyOf, FakeWorker, SEGMENT, settle, someBytes, wholeReply } from './worker-fakes.js';

const BYTES = someBytes(1000);

describe('a worker that has just started', () => {
  it('holds a GET of a script while it asks the client for its table', async () => {
    const worker = new FakeWorker();
    const page = worker.open();
    const response = worker.fetch(SEGMENT, { destination: '' });
    await settle();
    expect(page.heard('table-request').length).toBe(1);
    expect(worker.fetched).toEqual([]);
    page.answerWith(wholeReply(BYTES));
    page.table([SEGMENT]);
    expect(await bodyOf((await response) as Response)).toEqual(BYTES);
    expect(worker.fetched).toEqual([]);
  });

  it.each(['video', 'audio'])("holds destination %s, which the browser's own HLS has", async (destination) => {
    const worker = new FakeWorker();
    const page = worker.open();
    const response = worker.fetch(SEGMENT, { destination, headers: { Range: 'bytes=0-' } });
    await settle();
    expect(page.heard('table-request').length).toBe(1);
    page.table([]);
    expect(await (await response)?.text()).toBe('from the network');
  });

  it.each(['script', 'style', 'image', 'font', 'document', 'worker', 'iframe', 'manifest'])(
    'does not hold destination "%s"',
    (destination) => {
      const worker = new FakeWorker();
      worker.open();
      expect(worker.fetch(SEGMENT, { destination })).toBeUndefined();
    },
  );

  it('does not hold event streams', () => {
    expect(new FakeWorker().fetch(SEGMENT, { headers: { Accept: 'text/event-stream' } })).toBeUndefined();
  });

  it('asks once, however many requests wait', async () => {
    const worker = new FakeWorker();
    const page = worker.open();
    const responses = [1, 2, 3].map((n) => worker.fetch(`https://cdn.example/api/${n}`));
    await settle();
    page.table([SEGMENT]);
    expect((await Promise.all(responses)).length).toBe(3);
    expect(page.heard('table-request').length).toBe(1);
    expect(worker.fetched.length).toBe(3);
  });

  it('holds no longer than 100 ms, and a page without a loader only once', async () => {
    expect(HOLD_LIMIT).toBeLessThanOrEqual(100);
    const worker = new FakeWorker();
    worker.open();
    const response = worker.fetch(SEGMENT);
    await worker.clock.advance(HOLD_LIMIT - 1);
    expect(worker.fetched).toEqual([]);
    await worker.clock.advance(1);
    expect(await (await response)?.text()).toBe('from the network');
    expect(worker.fetch(SEGMENT)).toBeUndefined();
  });

  it('holds nothing for a client that is gone', async () => {
    const worker = new FakeWorker();
    expect(await (await worker.fetch(SEGMENT))?.text()).toBe('from the network');
    expect(worker.clock.time).toBe(0);
  });

  it('gives a playlist at once', async () => {
    const worker = new FakeWorker();
    worker.open();
    expect(await (await worker.fetch('https://cdn.example/a.m3u8'))?.text()).toBe('from the network');
    expect(worker.clock.time).toBe(0);
  });

  it('takes a table that comes late', async () => {
    const worker = new FakeWorker();
    const page = worker.open();
    const response = worker.fetch(SEGMENT);
    await worker.clock.advance(HOLD_LIMIT);
    await response;
    page.table([SEGMENT]);
    expect(worker.fetch(SEGMENT)).toBeDefined();
  });
});

describe('a worker that was restarted in mid-play', () => {
  it('asks for the whole table when an update comes that it cannot apply', () => {
    const worker = new FakeWorker();
    const page = worker.open();
    page.table([SEGMENT]);
    worker.restart();
    page.say({ type: 'table-update', source: 'loader', revision: 2, added: ['https://a.example/n'], removed: [] });
    expect(page.heard('table-request').length).toBe(1);
    expect(worker.fetch(SEGMENT, { destination: 'script' })).toBeUndefined();
    page.table([SEGMENT, 'https://a.example/n'], 3);
    expect(worker.fetch(SEGMENT)).toBeDefined();
  });

  it('asks for the whole table when an update was lost', () => {
    const worker = new FakeWorker();
    const page = worker.open();
    page.table([SEGMENT]);
    page.say({ type: 'table-update', source: 'loader', revision: 3, added: [], removed: [] });
    expect(page.heard('table-request').length).toBe(1);
  });
});

describe('a page that is loading', () => {
  it('is not asked, and none of its requests is held, before it has a loader', () => {
    const worker = new FakeWorker();
    const page = worker.open('new');
    const navigation = { mode: 'navigate', destination: 'document', clientId: '', resultingClientId: 'new' };
    expect(worker.fetch('https://site.example/', navigation)).toBeUndefined();
    expect(worker.fetch(SEGMENT, { clientId: 'new' })).toBeUndefined();
    expect(page.received).toEqual([]);
    page.table([SEGMENT]);
    expect(worker.fetch(SEGMENT, { clientId: 'new' })).toBeDefined();
  });
});

describe('messages', () => {
  it.each([
    ['of a site', { type: 'table', urls: [SEGMENT] }],
    ['of another version', { ns: NAMESPACE, v: VERSION + 1, type: 'table', source: 'a', revision: 1, urls: [SEGMENT] }],
    ['of an unknown type', { ns: NAMESPACE, v: VERSION, type: 'tables', source: 'a', revision: 1, urls: [SEGMENT] }],
    ['with a wrong field', { ns: NAMESPACE, v: VERSION, type: 'table', source: 'a', revision: 1, urls: [1] }],
    ['that are none', null],
    ['that are text', 'table'],
  ])('%s are ignored', (_, data) => {
    const worker = new FakeWorker();
    const page = worker.open();
    page.table(['https://a.example/other']);
    page.sayRaw(data);
    expect(worker.fetch(SEGMENT)).toBeUndefined();
    expect(page.received).toEqual([]);
  });

  it('that come from no client are ignored', () => {
    const worker = new FakeWorker();
    const data = { ns: NAMESPACE, v: VERSION, type: 'table', source: 'a', revision: 1, urls: [SEGMENT] };
    expect(() => worker.message({ data, source: null })).not.toThrow();
  });
});

describe('clients that are gone', () => {
  it('are forgotten when another sends its table', async () => {
    const worker = new FakeWorker();
    worker.open('gone').table([SEGMENT]);
    worker.pages.delete('gone');
    worker.open('page').table([SEGMENT]);
    await Promise.all(worker.lifetime);
    expect(worker.fetch(SEGMENT, { clientId: 'gone', destination: 'script' })).toBeUndefined();
  });
});
