import type { Browser } from 'playwright-core';
import { Viewer } from './viewer.js';

/**
 * Opens the CLI's page as a viewer whose loader gets more options.
 * @param options a JavaScript expression, evaluated in the page
 * @param before runs in the page before its own scripts; uses nothing from outside itself
 */
export async function openViewerWith(
  browser: Browser,
  url: string,
  options: string,
  before?: () => void,
): Promise<Viewer> {
  const viewer = await Viewer.create(browser);
  if (before) await viewer.page.addInitScript(before);
  await viewer.page.route('**/p2p-loader.js', (route) =>
    route.fulfill({
      contentType: 'text/javascript',
      body: `
        import { createP2PLoader as create } from '/p2p-loader.js?as-it-is';
        export const createP2PLoader = (options) => create({ ...options, ...(${options}) });
      `,
    }),
  );
  await viewer.page.goto(url);
  return viewer;
}
