import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { magnetizer } from '@live-torrent/manifest-magnetizer/node';
import express from 'express';
import { startTracker } from '../../../bench/play/tracker.mjs';
import { pageFiles, playerPage } from './feeds-site.js';
import { listen } from './ports.js';

const root = join(import.meta.dirname, '../../..');

/** Express in front of a folder that an encoder writes, with the middleware (`/feed/`) and without (`/plain/`), and a page that plays both. */
export class FolderSite {
  private constructor(
    private readonly server: Server,
    private readonly end: () => Promise<unknown>,
    /** With a final slash. */
    readonly url: string,
  ) {}

  static async start(folder: string): Promise<FolderSite> {
    const tracker = await startTracker();
    const app = express();
    const files = express.static(folder, { setHeaders: (res) => void res.setHeader('Cache-Control', 'no-cache') });
    const middleware = magnetizer({ folder, path: '/feed', announce: [tracker.url] });
    app.use('/feed', middleware, files);
    app.use('/plain', files);
    app.get('/', (_req, res) => void res.type('html').send(playerPage));
    for (const [name, path] of Object.entries(pageFiles))
      app.get(`/${name}`, (_req, res) => res.sendFile(join(root, path)));
    const server = createServer(app);
    const url = `http://127.0.0.1:${await listen(server)}/`;
    return new FolderSite(
      server,
      async () => {
        middleware.magnetizer.close();
        await tracker.close();
      },
      url,
    );
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
    this.server.closeAllConnections();
    await Promise.all([new Promise((resolve) => this.server.close(resolve)), this.end()]);
  }
}
