import { likePlayer, OriginRequests } from '../src/origin/origin-requests.js';

const A = 'https://cdn.example/a.ts';
const B = 'https://cdn.example/b.ts?n=1';

describe("the loader's own requests to the origin", () => {
  it('are plain where neither player nor site sets anything', async () => {
    const { url, init } = await new OriginRequests(undefined).of(A);
    expect([url, [...new Headers(init.headers)], init.credentials]).toEqual([A, [], undefined]);
  });

  it("are as the player's last one to that origin, and to no other", async () => {
    const requests = new OriginRequests(undefined);
    const asked = { url: `${A}?token=1`, headers: [['x-token', '1']], credentials: 'include' } as const;
    requests.learn(A, likePlayer(A, asked));
    const { url, init } = await requests.of(B);
    expect(url).toBe(`${B}&token=1`);
    expect([[...new Headers(init.headers)], init.credentials]).toEqual([[['x-token', '1']], 'include']);
    expect(await requests.of('https://other.example/a.ts')).toMatchObject({ url: 'https://other.example/a.ts' });
    requests.learn(A, likePlayer(A, { ...asked, url: `${A}?token=2` }));
    expect((await requests.of(A)).url).toBe(`${A}?token=2`);
  });

  it("have what the site sets instead of the player's", async () => {
    const requests = new OriginRequests(async (url) => ({ headers: { 'X-Token': url }, credentials: 'omit' }));
    const headers = [
      ['x-token', '1'],
      ['x-own', '2'],
    ] as const;
    requests.learn(A, likePlayer(A, { url: A, headers, credentials: 'include' }));
    const { init } = await requests.of(A);
    expect(Object.fromEntries(new Headers(init.headers))).toEqual({ 'x-token': A, 'x-own': '2' });
    expect(init.credentials).toBe('omit');
  });

  it('leave out Common Media Client Data, which tells of one request', async () => {
    const requests = new OriginRequests(undefined);
    const url = `${A}?CMCD=br%3D1&token=a%20b`;
    requests.learn(A, likePlayer(A, { url, headers: [], credentials: 'same-origin' }));
    expect((await requests.of(A)).url).toBe(`${A}?token=a%20b`);
  });
});
