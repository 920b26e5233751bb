import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { Cli } from '../../harness/cli.mjs';
import { waitFor } from '../../harness/poll.mjs';

jest.setTimeout(90_000);

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly nodes: readonly { html: string }[];
  }[];
}

describe('the demo page', () => {
  let cli: Cli;
  let browser: Browser;

  beforeAll(async () => {
    cli = await Cli.start(['-f', join(import.meta.dirname, '../../examples/feed'), '-l']);
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await cli?.stop();
  });

  const way = (page: Page) => page.locator('#path').textContent();

  /** A page that plays, and shows its figures, which it brings after the player. */
  async function playing(options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
    const page = await (await browser.newContext(options)).newPage();
    await page.goto(cli.url);
    await waitFor('the video', () => page.evaluate(() => (document.querySelector('video')?.currentTime ?? 0) > 0));
    await waitFor('the figures', async () => (await way(page)) !== '');
    return page;
  }

  it.each(['light', 'dark'] as const)('has nothing that axe calls a violation, in %s', async (colorScheme) => {
    const page = await playing({ colorScheme });
    await page.locator('details').evaluate((details: HTMLDetailsElement) => {
      details.open = true;
    });
    await page.evaluate(axe);
    const { violations } = (await page.evaluate('axe.run()')) as AxeResults;
    expect(
      violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`),
    ).toEqual([]);
    await page.context().close();
  });

  it('waits for no service worker on a first visit, and plays through it on the next', async () => {
    const page = await playing();
    expect(await way(page)).toMatch(/hls\.js/);
    await page.evaluate(() => navigator.serviceWorker.ready);
    await page.reload();
    await waitFor('the worker', async () => /service worker/.test((await way(page)) ?? ''));
    await waitFor('a segment by the loader', () =>
      page.evaluate(() => {
        const { segments } = globalThis.liveTorrent.stats;
        return segments.fromOrigin + segments.mixed > 0;
      }),
    );
    await page.context().close();
  });

  it('is used by the keyboard in the order in which it is read', async () => {
    const page = await playing();
    const focused: string[] = [];
    for (let i = 0; i < 12 && !focused.includes('SUMMARY'); i++) {
      await page.keyboard.press('Tab');
      const id = await page.evaluate(() => document.activeElement?.id || document.activeElement?.tagName || '');
      if (focused.at(-1) !== id) focused.push(id);
    }
    expect(focused).toEqual(['second', 'player', 'p2p', 'address', 'copy', 'SUMMARY']);
    await page.context().close();
  });

  it('says in words what the graph and the chart show', async () => {
    const page = await playing();
    await waitFor('the text', async () =>
      /In the last minute .* from peers/.test((await page.locator('#flow-text').textContent()) ?? ''),
    );
    expect(await page.locator('#flow').getAttribute('aria-describedby')).toBe('flow-text');
    expect(await page.locator('#mesh').getAttribute('aria-describedby')).toBe('mesh-text');
    await page.context().close();
  });

  it('animates nothing but the lamp and the switch, once for each change', async () => {
    const page = await playing();
    const animated = () =>
      document.getAnimations().flatMap((animation) => {
        const effect = animation.effect as KeyframeEffect | null;
        const once = animation instanceof CSSTransition && effect?.target?.matches('.lamp, .track');
        return once ? [] : [effect?.target?.outerHTML ?? '?'];
      });
    for (let i = 0; i < 20; i++) {
      expect(await page.evaluate(animated)).toEqual([]);
      await page.waitForTimeout(100);
    }
    await page.context().close();
  });
});
