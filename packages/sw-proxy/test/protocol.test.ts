import fc from 'fast-check';
import {
  addedQuery,
  bypassWorker,
  isBypassed,
  isPageMessage,
  isPageReply,
  isWorkerMessage,
  isWorkerReply,
  listedUrl,
  type PageMessage,
  type PageReply,
  post,
  TABLE_LIMIT,
  VERSION,
  type WorkerMessage,
  type WorkerReply,
} from '../src/protocol.js';

/** How a player asked. */
const REQUEST = { url: 'https://a.example/1.ts?x', headers: [['x', 'y']], credentials: 'omit' } as const;

const head = { offset: 5, length: 4, total: 9, contentType: 'video/mp2t' };
const workerMessages: WorkerMessage[] = [
  { type: 'playlist', id: 1, url: 'https://a.example/x.m3u8', requested: 'https://a.example/y.m3u8', text: '#EXTM3U' },
  { type: 'table-request' },
  { type: 'segment', source: 's', url: 'https://a.example/1.ts', request: REQUEST },
  { type: 'segment', source: 's', url: 'https://a.example/1.ts', request: REQUEST, range: { first: -4 } },
  { type: 'segment', source: 's', url: 'https://a.example/1.ts', request: REQUEST, blob: true },
];
const pageMessages: PageMessage[] = [
  { type: 'table', source: 's', revision: 0, urls: [] },
  { type: 'table-update', source: 's', revision: 1, added: ['https://a.example/1.ts'], removed: [] },
  { type: 'playlist-read', id: 0 },
  { type: 'end', source: 's' },
];
const pageReplies: PageReply[] = [
  { type: 'mine' },
  { type: 'not-mine' },
  { type: 'alive', loaded: 3 },
  { type: 'bytes', head, bytes: new ArrayBuffer(4), transferMs: 0.5 },
  { type: 'blob', head, url: 'blob:https://a.example/1', transferMs: 0.5 },
  { type: 'stream', head: { offset: 0, length: 4 }, transferMs: 10 },
  { type: 'chunk', bytes: new ArrayBuffer(2) },
  { type: 'error', message: 'why' },
];
const workerReplies: WorkerReply[] = [{ type: 'pull' }, { type: 'cancel' }];

const guards = [
  ['worker message', isWorkerMessage, workerMessages],
  ['page message', isPageMessage, pageMessages],
  ['page reply', isPageReply, pageReplies],
  ['worker reply', isWorkerReply, workerReplies],
] as const;

describe.each(guards)('%s', (_, guard, own) => {
  it.each(own.map((message) => [message.type, message]))('%s survives a structured clone', (_type, message) => {
    expect(guard(structuredClone(post(message as WorkerReply)))).toBe(true);
  });

  it.each(own.map((message) => [message.type, message]))(
    '%s is rejected without tag or with another version',
    (_type, message) => {
      expect(guard(message)).toBe(false);
      expect(guard({ ...post(message as WorkerReply), v: VERSION + 1 })).toBe(false);
      expect(guard({ ...post(message as WorkerReply), ns: 'other' })).toBe(false);
    },
  );

  it('rejects the messages of the other kinds', () => {
    for (const [, , others] of guards) {
      if (others === (own as unknown)) continue;
      for (const message of others) expect(guard(post(message as WorkerReply))).toBe(false);
    }
  });

  it('rejects anything else without an error', () => {
    fc.assert(fc.property(fc.anything(), (data) => expect(guard(data)).toBe(false)));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.anything()), fc.string(), (fields, type) => {
        const known = own.some((message) => message.type === type);
        if (!known) expect(guard({ ...fields, ...post({ type }) })).toBe(false);
      }),
    );
  });
});

describe('fields', () => {
  it.each<[string, object]>([
    ['a body that is not as long as its head says', { type: 'bytes', head, bytes: new ArrayBuffer(3), transferMs: 0 }],
    [
      'a head that ends behind the resource',
      { type: 'stream', head: { offset: 6, length: 4, total: 9 }, transferMs: 0 },
    ],
    [
      'a Content-Type that no header could carry',
      { type: 'stream', head: { ...head, contentType: 'a\r\nb: c' }, transferMs: 0 },
    ],
    ['a negative offset', { type: 'stream', head: { ...head, offset: -1 }, transferMs: 0 }],
    ['a duration that is none', { type: 'stream', head, transferMs: Number.NaN }],
    ['an empty chunk', { type: 'chunk', bytes: new ArrayBuffer(0) }],
  ])('%s is rejected', (_, reply) => {
    expect(isPageReply({ ...post(reply as PageReply) })).toBe(false);
  });

  it('a table over the limit is rejected', () => {
    const urls = Array.from({ length: TABLE_LIMIT + 1 }, (_, n) => `https://a.example/${n}`);
    expect(isPageMessage(post({ type: 'table', source: 's', revision: 1, urls }))).toBe(false);
    expect(isPageMessage(post({ type: 'table', source: 's', revision: 1, urls: urls.slice(1) }))).toBe(true);
  });
});

describe('bypassWorker', () => {
  it('marks a URL in its fragment, which no server sees', () => {
    const marked = bypassWorker('https://a.example/1.ts?x#y');
    expect(isBypassed(marked)).toBe(true);
    expect(marked.split('#')[0]).toBe('https://a.example/1.ts?x');
    expect(isBypassed('https://a.example/1.ts?x#y')).toBe(false);
  });
});

describe('a URL with more in its query than a playlist has', () => {
  const S = 'https://cdn.example/s1.ts';
  it.each([
    [S, S, []],
    [S, `${S}?a=1&CMCD=br%3D800`, ['a=1', 'CMCD=br%3D800']],
    [`${S}?t=1`, `${S}?a=1&t=1`, ['a=1']],
    [`${S}?t=1`, `${S}?t=1&t=1`, ['t=1']],
    [`${S}?t=a%20b~&u`, `${S}?u=&x=a%20b&t=a+b%7E`, ['x=a%20b']],
    [`${S}?t=1`, S, undefined],
    [`${S}?t=1`, `${S}?t=2&a=1`, undefined],
    [`${S}?t=1&t=1`, `${S}?t=1&a=1`, undefined],
    [S, `${S}x?a=1`, undefined],
  ])('of %s: %s adds %j', (listed, requested, added) => {
    expect(addedQuery(listed, requested)).toEqual(added);
  });

  it('means the one of several to which it adds least', () => {
    const listed = [`${S}x`, S, `${S}?n=2`, `${S}?n=1`, `${S}?n=1&o=2`];
    expect(listedUrl(listed, `${S}?a=0&n=1`)).toBe(`${S}?n=1`);
    expect(listedUrl(listed, `${S}?n=3`)).toBe(S);
    expect(listedUrl(listed.slice(2), `${S}?n=3`)).toBeUndefined();
  });
});
