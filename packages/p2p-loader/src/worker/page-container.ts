import type { P2PLoaderOptions } from '../options.js';

/** The container that a site's option means; undefined where it wants none, and where the page has none or, in a sandboxed frame, may not read it. */
export function pageContainer(option: P2PLoaderOptions['serviceWorker']): ServiceWorkerContainer | undefined {
  if (typeof option === 'object') return option;
  try {
    return option ? navigator.serviceWorker : undefined;
  } catch {
    return undefined;
  }
}
