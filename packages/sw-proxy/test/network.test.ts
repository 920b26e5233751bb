import { Network } from '../src/network.js';

const URL_A = 'https://tv.example/live.m3u8';

/** A network that never answers, or does when it is told, and a clock. */
function setUp() {
  const asked: { readonly request: Request; readonly signal: AbortSignal | undefined; answer(): void }[] = [];
  let time = 0;
  const network = new Network({
    now: () => time,
    fetch: (request, init) =>
      new Promise((resolve, reject) => {
        const signal = init?.signal ?? undefined;
        signal?.addEventListener('abort', () => reject(signal.reason));
        asked.push({ request, signal, answer: () => resolve(new Response('x')) });
      }),
  });
  const ask = (init: RequestInit = {}, clientId = 'page') => {
    const response = network.fetch({ request: new Request(URL_A, init), clientId });
    response.catch(() => {});
    return response;
  };
  return { ask, asked, pass: (ms: number) => (time += ms) };
}

describe('a request that the network does not answer', () => {
  it('gives way when its page asks for the same again after 5 s, and not before', async () => {
    const { ask, asked, pass } = setUp();
    const first = ask();
    pass(4_999);
    void ask();
    expect(asked.map(({ signal }) => signal?.aborted)).toEqual([false, false]);
    pass(5_000);
    const third = ask();
    expect(asked.map(({ signal }) => signal?.aborted)).toEqual([false, true, false]);
    asked[2]?.answer();
    expect(await (await third).text()).toBe('x');
    asked[0]?.answer();
    expect(await (await first).text()).toBe('x');
  });

  it.each([
    ['another page', {}, 'other'],
    ['another range', { headers: { Range: 'bytes=0-1' } }, 'page'],
    ['another method', { method: 'HEAD' }, 'page'],
  ])('does not give way to that of %s', (_, init, clientId) => {
    const { ask, asked, pass } = setUp();
    void ask();
    pass(60_000);
    void ask(init, clientId);
    expect(asked[0]?.signal?.aborted).toBe(false);
  });

  it('is forgotten once it is answered', async () => {
    const { ask, asked, pass } = setUp();
    const first = ask();
    asked[0]?.answer();
    await first;
    pass(60_000);
    void ask();
    expect(asked[0]?.signal?.aborted).toBe(false);
  });

  it('ends when the browser says that the player has given up', () => {
    const { ask, asked } = setUp();
    const player = new AbortController();
    void ask({ signal: player.signal });
    player.abort();
    expect(asked[0]?.signal?.aborted).toBe(true);
  });

  it('goes out as it is where a copy would be another one', () => {
    const { ask, asked } = setUp();
    void ask({ mode: 'no-cors' });
    expect(asked[0]?.signal).toBeUndefined();
  });
});
