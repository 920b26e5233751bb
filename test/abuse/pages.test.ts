import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { NAMESPACE, VERSION } from '@live-torrent/sw-proxy/protocol';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { Cli } from '../../harness/cli.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { listen } from '../../harness/serve.mjs';
import { hasFfmpeg } from '../browser/support/media.js';
import { shortSegments } from '../browser/support/worker-feeds.js';
import { WorkerSite } from '../browser/support/worker-site.js';
import { openTab, type WorkerTab, workerContext, wrongBytes } from '../browser/support/worker-tab.js';

jest.setTimeout(150_000);

const feed = join(import.meta.dirname, '../../examples/feed');
/** What would show itself, wherever a text became a part of the page. */
const MARKUP = '<img src=x class=evil onerror=evil()><script class=evil>evil()</script>"><b class=evil>';

declare global {
  /** What the page's policy has refused. */
  var __refused: string[];
}

/** Notes what the policy of a page refuses. */
function noteRefusals(): void {
  globalThis.__refused = [];
  document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
    globalThis.__refused.push(`${effectiveDirective} ${blockedURI}`),
  );
}

async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.addInitScript(noteRefusals);
  await page.goto(url);
  return page;
}

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

describe('a page that plays what a hostile upstream says', () => {
  let upstream: Server;
  let cli: Cli;

  beforeAll(async () => {
    const names = ['seg000.ts', 'seg001.ts', 'seg002.ts'];
    const text = encodeURIComponent(MARKUP);
    const attribute = MARKUP.replaceAll('"', "'");
    const playlists: Readonly<Record<string, string>> = {
      '/live.m3u8': `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=900000,NAME="${attribute}",VIDEO="${attribute}",STABLE-VARIANT-ID="${attribute}"\n${text}.m3u8\n`,
      [`/${text}.m3u8`]: `#EXTM3U\n#EXT-X-TARGETDURATION:4\n#${MARKUP}\n${names
        .map((name) => `#EXTINF:4,${MARKUP}\n#EXT-X-DATERANGE:ID="${attribute}"\n${name}?${text}\n`)
        .join('')}`,
    };
    upstream = createServer(({ url = '' }, response) => {
      const [path = ''] = url.split('?');
      const playlist = playlists[path];
      response.setHeader('Server', MARKUP);
      if (playlist !== undefined) response.end(playlist);
      else if (names.includes(path.slice(1))) response.end(readFileSync(join(feed, path.slice(1))));
      else response.writeHead(500, MARKUP.slice(0, 9)).end(MARKUP);
    });
    cli = await Cli.start(['-u', `http://127.0.0.1:${await listen(upstream)}/live.m3u8`, '-r', '1']);
  });
  afterAll(async () => {
    await cli?.stop();
    upstream?.closeAllConnections();
    upstream?.close();
  });

  it('shows it as text, and its policy has nothing to refuse', async () => {
    const page = await openPage(browser, cli.url);
    await waitFor('the video', () => page.evaluate(() => (document.querySelector('video')?.currentTime ?? 0) > 1));
    await waitFor('the figures', () => page.evaluate(() => document.querySelector('#path')?.textContent !== ''));
    expect(await page.locator('.evil').count()).toBe(0);
    expect(await page.evaluate(() => globalThis.__refused)).toEqual([]);
    await page.context().close();
  });

  it('shows a warning in the overlay as text', async () => {
    const page = await openPage(browser, `${cli.url}?p2p=off`);
    // As a module of the page's own, which its policy allows.
    await page.route('**/overlay.js', (route) =>
      route.fulfill({ path: join(import.meta.dirname, '../../packages/p2p-loader/dist/overlay.js') }),
    );
    await waitFor('the loader', () => page.evaluate(() => globalThis.liveTorrent !== undefined));
    const shown = await page.evaluate(async (markup) => {
      const { showOverlay } = await import(`${location.origin}/overlay.js`);
      showOverlay(globalThis.liveTorrent);
      const loader = globalThis.liveTorrent as unknown as EventTarget;
      loader.dispatchEvent(new CustomEvent('warning', { detail: { error: new Error(markup) } }));
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const root = [...document.body.children].find(({ shadowRoot }) => shadowRoot)?.shadowRoot;
      return { text: root?.textContent, elements: root?.querySelectorAll('.evil').length };
    }, MARKUP);
    expect(shown.text).toContain(MARKUP.slice(0, 80));
    expect(shown.elements).toBe(0);
    await page.context().close();
  });

  it.each(['', 'stats.json', 'config.json', 'sw.js', 'nothing'])(
    'runs no script that is not a file of its own, and talks to no other host: /%s',
    async (path) => {
      const page = await openPage(browser, `${cli.url}${path}`);
      const gone: string[] = [];
      page.on('requestfailed', (request) => gone.push(`${request.url()} ${request.failure()?.errorText}`));
      page.on('requestfinished', (request) => gone.push(`${request.url()} finished`));
      await page.evaluate(() => {
        const root = document.documentElement;
        const add = (name: string, fields: object) => root.append(Object.assign(document.createElement(name), fields));
        add('script', { textContent: 'globalThis.ran = true' });
        add('script', { src: 'http://192.0.2.1/x.js' });
        add('img', { src: 'http://192.0.2.1/x.png' });
        add('iframe', { src: 'http://192.0.2.1/' });
        add('link', { rel: 'stylesheet', href: 'http://192.0.2.1/x.css' });
        fetch('http://192.0.2.1/').catch(() => {});
        root.setAttribute('onclick', 'globalThis.ran = true');
        root.click();
      });
      await page.waitForTimeout(1_000);
      expect(await page.evaluate(() => (globalThis as { ran?: boolean }).ran)).toBeUndefined();
      const others = gone.filter((each) => each.startsWith('http://192.0.2.1/'));
      expect(others.length).toBeGreaterThan(0);
      expect(others.filter((each) => !each.endsWith(' csp'))).toEqual([]);
      await page.context().close();
    },
  );
});

(hasFfmpeg ? describe : describe.skip)('a worker that pages of two streams share', () => {
  let site: WorkerSite;
  let context: BrowserContext;
  let folders: readonly [string, string];
  let other: Server;
  let otherUrl = '';

  beforeAll(async () => {
    folders = [shortSegments(400), shortSegments(300)];
    site = await WorkerSite.start({ folders });
    other = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<title>other</title>'));
    otherUrl = `http://localhost:${await listen(other)}/`;
    context = await workerContext(browser);
  });
  afterAll(async () => {
    await context?.close();
    await site?.close();
    other?.close();
  });

  const expectSound = async (tab: WorkerTab, folder: string): Promise<void> => {
    expect(await tab.broken()).toEqual([]);
    expect(await wrongBytes(tab, folder)).toEqual([]);
  };

  it('asks a page for nothing that another one’s player wants, whatever the page says that it has', async () => {
    const victim = await openTab(context, `${site.url}play.html`);
    await victim.delivers(2);
    const page = await context.newPage();
    await page.goto(`${site.url}play.html?source=/1/manifest.m3u8`);
    const urls = (await victim.segments()).map(({ url }) => url.replace(/#.*/, ''));
    const base = urls[0]?.replace(/[^/]*$/, '') ?? '';
    await page.evaluate(
      ({ listed, folder, ns, v }) => {
        const all = [
          ...listed,
          ...Array.from({ length: 1_000 }, (_, n) => `${folder}${String(n).padStart(4, '0')}.ts`),
        ];
        (globalThis as { __asked?: number }).__asked = 0;
        navigator.serviceWorker.addEventListener('message', ({ data, ports }) => {
          if (data?.type !== 'segment' || !all.includes(data.url)) return;
          (globalThis as { __asked?: number }).__asked = ((globalThis as { __asked?: number }).__asked ?? 0) + 1;
          const reply = (message: object): void => ports[0]?.postMessage({ ns, v, ...message });
          reply({ type: 'mine' });
          const bytes = new ArrayBuffer(10);
          reply({ type: 'bytes', head: { offset: 0, length: 10, total: 10 }, bytes, transferMs: 0 });
        });
        let revision = 0;
        setInterval(() => {
          revision += 1;
          navigator.serviceWorker.controller?.postMessage({
            ns,
            v,
            type: 'table',
            source: 'evil',
            revision,
            urls: all,
          });
        }, 100);
      },
      { listed: urls, folder: base, ns: NAMESPACE, v: VERSION },
    );
    await victim.delivers(5);
    await expectSound(victim, folders[0]);
    expect(await page.evaluate(() => (globalThis as { __asked?: number }).__asked)).toBe(0);
    await page.close();
    await victim.close();
  });

  it('and a frame of another origin gets neither at the worker nor at the page', async () => {
    const victim = await openTab(context, `${site.url}play.html`);
    await victim.frame.evaluate((src) => {
      document.body.append(Object.assign(document.createElement('iframe'), { src }));
    }, otherUrl);
    const frame = await waitFor('the frame', () => victim.frame.childFrames()[0]);
    await frame.waitForLoadState();
    const seen = await frame.evaluate(async (site) => {
      const tried: Record<string, unknown> = {
        controller: navigator.serviceWorker.controller,
        registrations: (await navigator.serviceWorker.getRegistrations()).length,
      };
      for (const what of ['document', 'liveTorrent']) {
        try {
          tried[what] = Boolean((parent as unknown as Record<string, unknown>)[what]);
        } catch (error) {
          tried[what] = (error as Error).name;
        }
      }
      tried.register = await navigator.serviceWorker.register(`${site}sw.js`).catch(({ name }) => name);
      setInterval(() => {
        parent.postMessage({ ns: 'live-torrent', v: 2, type: 'table', source: 'evil', revision: 1, urls: [] }, '*');
      }, 50);
      return tried;
    }, site.url);
    expect(seen).toEqual({
      ...{ controller: null, registrations: 0 },
      ...{ document: 'SecurityError', liveTorrent: 'SecurityError', register: 'SecurityError' },
    });
    await victim.delivers(4);
    await expectSound(victim, folders[0]);
    await victim.close();
  });
});
