import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { magnetizer } from '@live-torrent/manifest-magnetizer/node';
import express from 'express';
import { pageScripts, root } from '../../../harness/page-files.mjs';
import { type Served, serve } from '../../../harness/serve.mjs';
import { startTracker } from '../../../harness/tracker.mjs';
import { playerPage } from './feeds-site.js';

/** Express in front of a folder that an encoder writes, with the middleware (`/feed/`) and without (`/plain/`), and a page that plays both. */
export class FolderSite {
  private constructor(
    private readonly served: Served,
    private readonly end: () => Promise<unknown>,
  ) {}

  static async start(folder: string): Promise<FolderSite> {
    const tracker = await startTracker();
    const app = express();
    const files = express.static(folder, { setHeaders: (res) => void res.setHeader('Cache-Control', 'no-cache') });
    const middleware = magnetizer({ folder, path: '/feed', announce: [tracker.url] });
    app.use('/feed', middleware, files);
    app.use('/plain', files);
    app.get('/', (_req, res) => void res.type('html').send(playerPage));
    for (const [path, file] of Object.entries(pageScripts)) {
      app.get(path, (_req, res) => res.sendFile(join(root, file)));
    }
    return new FolderSite(await serve(app as RequestListener), async () => {
      middleware.magnetizer.close();
      await tracker.close();
    });
  }

  /** With a final slash. */
  get url(): string {
    return this.served.url;
  }

  /** The page that plays a playlist of the folder with peers. */
  pageOf(playlist: string): string {
    return `${this.url}?src=feed/${playlist}`;
  }

  /** The same by hls.js as it is. */
  plainPageOf(playlist: string): string {
    return `${this.url}?plain&src=plain/${playlist}`;
  }

  async close(): Promise<void> {
    await Promise.all([this.served.close(), this.end()]);
  }
}
