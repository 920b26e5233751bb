import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';
import type { Exchange } from '../source.js';
import { contentSecurityPolicy, NO_PAGE } from './content-security-policy.js';

/** The demo page's files, beside the bundle, or in the package while it runs unbundled. */
export function publicFolder(): string {
  const built = fileURLToPath(new URL('./public', import.meta.url));
  return existsSync(built) ? built : fileURLToPath(new URL('../../dist/public', import.meta.url));
}

/** Serves the demo page. */
export class Page {
  readonly #serve: ReturnType<typeof sirv>;

  constructor(folder = publicFolder()) {
    // Development mode looks at the disk at each request, so that a page that is worked on is never stale.
    this.#serve = sirv(folder, { dev: true, etag: true });
  }

  /** @param connect Origins and trackers that the page talks to. @returns false, with nothing sent, when there is no such file. */
  handle({ req, res }: Exchange, connect: readonly string[]): Promise<boolean> {
    res.setHeader('Content-Security-Policy', contentSecurityPolicy(connect));
    res.setHeader('Referrer-Policy', 'no-referrer');
    return new Promise((resolve) => {
      res.once('close', () => resolve(true));
      this.#serve(req, res, () => {
        res.setHeader('Content-Security-Policy', NO_PAGE);
        resolve(false);
      });
    });
  }
}
