import { jest } from '@jest/globals';
import { fetchFromOrigin } from '../src/origin/origin-fetch.js';

const URL_A = 'https://tv.test/a.ts';
const LENGTH = 30;

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** An origin that sends a byte whenever it is told, and a request to it. */
function ask(answers = true) {
  const wanted = new AbortController();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const result = fetchFromOrigin({
    url: URL_A,
    request: { url: URL_A, init: {} },
    range: undefined,
    run: undefined,
    buffer: new Uint8Array(LENGTH),
    signal: wanted.signal,
    fetch: (_url, init) =>
      new Promise((resolve, reject) => {
        const body = new ReadableStream<Uint8Array>({
          start: (started) => {
            controller = started;
          },
        });
        init?.signal?.addEventListener('abort', () => {
          reject(init.signal?.reason);
          controller?.error(init.signal?.reason);
        });
        if (answers) resolve(new Response(body));
      }),
    onAnswer: () => {},
    onBytes: () => {},
  });
  return { wanted, result, send: () => controller?.enqueue(new Uint8Array(1)), end: () => controller?.close() };
}

describe('a request to the origin', () => {
  it.each([true, false])('that brings no byte for 10 s is given up (with an answer: %j)', async (answers) => {
    const { result } = ask(answers);
    const failure = expect(result).rejects.toMatchObject({ name: 'OriginError', status: 0, url: URL_A });
    await jest.advanceTimersByTimeAsync(9_999);
    expect(jest.getTimerCount()).toBe(1);
    await jest.advanceTimersByTimeAsync(1);
    await failure;
    expect(jest.getTimerCount()).toBe(0);
  });

  it('may take as long as it will while bytes come', async () => {
    const { result, send, end } = ask();
    for (let n = 0; n < LENGTH; n++) {
      await jest.advanceTimersByTimeAsync(9_000);
      send();
    }
    await jest.advanceTimersByTimeAsync(0);
    end();
    await expect(result).resolves.toMatchObject({ run: { from: 0, to: LENGTH } });
    expect(jest.getTimerCount()).toBe(0);
  });

  it('that nobody wants any more ends at once', async () => {
    const { wanted, result } = ask();
    await jest.advanceTimersByTimeAsync(1);
    wanted.abort();
    await expect(result).rejects.toMatchObject({ name: 'AbortError' });
    expect(jest.getTimerCount()).toBe(0);
  });
});
