import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { hasFfmpeg } from '../browser/support/media.js';
import { longSegments } from '../browser/support/worker-feeds.js';
import { WorkerSite } from '../browser/support/worker-site.js';

jest.setTimeout(90_000);

/** What a page gets for a request. */
interface Answer {
  readonly type: string;
  readonly status: number;
  readonly url: string;
  readonly redirected: boolean;
  readonly headers: { readonly [name: string]: string };
  readonly length: number;
  readonly sha256: string;
}

/** What a test sets of a request. */
interface Init {
  readonly method?: string;
  readonly mode?: RequestMode;
  readonly credentials?: RequestCredentials;
  readonly headers?: Record<string, string>;
}

(hasFfmpeg ? describe : describe.skip)('requests of a page whose loader names the segment', () => {
  let folder: string;
  let site: WorkerSite;
  let browser: Browser;
  let page: Page;
  /** The same server by another name, so of another origin. */
  let elsewhere: string;

  beforeAll(async () => {
    folder = longSegments();
    site = await WorkerSite.start({ folders: [folder] });
    elsewhere = site.url.replace('127.0.0.1', 'localhost');
    browser = await launchBrowser();
    page = await browser.newPage();
    await page.goto(`${site.url}bare.html`);
    await waitFor('the loader', () => page.evaluate(() => globalThis.liveTorrent !== undefined));
    for (const host of [site.url, elsewhere]) await ask(`${host}manifest.m3u8`);
    await waitFor('the stream', () => page.evaluate(() => globalThis.liveTorrent.stats.enabled));
  });

  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  function ask(url: string, init: Init = {}): Promise<Answer> {
    return page.evaluate(
      async ([address, options]) => {
        const response = await fetch(address, options);
        const bytes = await response.arrayBuffer();
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
        const { type, status, redirected } = response;
        return {
          type,
          status,
          redirected,
          url: response.url,
          headers: Object.fromEntries(response.headers),
          length: bytes.byteLength,
          sha256: [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
        };
      },
      [url, init] as const,
    );
  }

  const file = (n: number): Buffer => readFileSync(join(folder, `segment-0000${n}.ts`));
  const sha256 = (n: number, from?: number, to?: number): string =>
    createHash('sha256').update(file(n).subarray(from, to)).digest('hex');
  const segment = (n: number, host = site.url): string => `${host}segments/segment-0000${n}.ts`;
  const delivered = (): Promise<number> =>
    page.evaluate(() =>
      Object.values<number>(globalThis.liveTorrent.stats.segments).reduce((sum, count) => sum + count, 0),
    );

  /** What the answer is, and whether the loader gave it. */
  async function askWatched(url: string, init?: Init) {
    const before = await delivered();
    const answer = await ask(url, init);
    return { answer, byLoader: (await delivered()) > before };
  }

  it("GET gets the loader's bytes, with the origin's Content-Type and the right Content-Length", async () => {
    const { answer, byLoader } = await askWatched(segment(0));
    expect(byLoader).toBe(true);
    expect(answer).toMatchObject({ status: 200, url: segment(0), sha256: sha256(0) });
    const plain = await fetch(segment(0));
    expect(answer.headers['content-type']).toBe(plain.headers.get('content-type'));
    expect(answer.headers['content-length']).toBe(String(file(0).length));
  });

  it.each([
    ['bytes=100-299', 100, 300],
    ['bytes=1000000-', 1_000_000, undefined],
    ['bytes=-50', -50, undefined],
    ['bytes=0-', 0, undefined],
  ])('Range: %s gets 206 of the same bytes', async (Range, from, to) => {
    const { answer, byLoader } = await askWatched(segment(0), { headers: { Range } });
    const { length } = file(0);
    const first = from < 0 ? length + from : from;
    expect(byLoader).toBe(true);
    expect(answer).toMatchObject({ status: 206, sha256: sha256(0, from, to) });
    expect(answer.headers['content-range']).toBe(`bytes ${first}-${(to ?? length) - 1}/${length}`);
    expect(answer.headers['content-length']).toBe(String((to ?? length) - first));
  });

  it('several ranges, which only a server can answer, go to it', async () => {
    expect((await askWatched(segment(0), { headers: { Range: 'bytes=0-1,4-5' } })).byLoader).toBe(false);
  });

  it.each(['HEAD', 'POST', 'DELETE'])('%s goes to the origin', async (method) => {
    const { answer, byLoader } = await askWatched(segment(0), { method });
    expect(byLoader).toBe(false);
    expect(site.asked(/segment-00000/).at(-1)?.method).toBe(method);
    expect(answer.status).toBe((await fetch(segment(0), { method })).status);
  });

  it('an opaque request to another origin goes there, and stays opaque', async () => {
    const { answer, byLoader } = await askWatched(segment(1, elsewhere), { mode: 'no-cors' });
    expect(byLoader).toBe(false);
    expect(answer).toMatchObject({ type: 'opaque', status: 0, length: 0 });
  });

  it('a CORS request to another origin gets the bytes of the loader', async () => {
    const { answer, byLoader } = await askWatched(segment(1, elsewhere));
    expect(byLoader).toBe(true);
    expect(answer).toMatchObject({ status: 200, sha256: sha256(1) });
  });

  it('a credentialed playlist request to another origin fails where it fails without the worker', async () => {
    // Access-Control-Allow-Origin: * must not be accepted for it.
    site.anonymous = true;
    await expect(ask(`${elsewhere}manifest.m3u8`, { credentials: 'include' })).rejects.toThrow(/Failed to fetch/);
    site.anonymous = false;
  });

  it('a credentialed segment request to another origin gets the bytes of the loader', async () => {
    const { answer, byLoader } = await askWatched(segment(1, elsewhere), { credentials: 'include' });
    expect(byLoader).toBe(true);
    expect(answer.sha256).toBe(sha256(1));
  });

  it('a playlist keeps its URL after redirects, and its headers', async () => {
    const answer = await ask(`${site.url}moved.m3u8`);
    expect(answer).toMatchObject({ status: 200, redirected: true, url: `${site.url}manifest.m3u8` });
    const plain = await fetch(`${site.url}manifest.m3u8`);
    for (const name of ['content-type', 'cache-control'])
      expect(answer.headers[name]).toBe(plain.headers.get(name) ?? undefined);
  });

  it('a large answer of which the page gives only a part is completed from the network', async () => {
    const digest = await page.evaluate(async (url) => {
      const response = await fetch(url);
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      const parts: Uint8Array[] = [];
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        parts.push(value);
        const loader = globalThis.liveTorrent as unknown as { stop(): void };
        if (parts.length === 2) loader.stop();
      }
      const bytes = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    }, segment(2));
    expect(digest).toBe(sha256(2));
  });
});
