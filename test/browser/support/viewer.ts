import type { Browser, BrowserContext, Page } from 'playwright-core';
import { probes } from './probes.js';
import { WatchedPage } from './watched-page.js';

/** One WebSocket message of the page. */
export interface SocketMessage {
  /** `Date.now()` when it was seen. */
  readonly at: number;
  readonly url: string;
  readonly sent: boolean;
  readonly text: string;
}

/** One viewer: a browser context of its own with one page. */
export class Viewer extends WatchedPage {
  /** Messages of all WebSockets of the page. */
  readonly socketMessages: SocketMessage[] = [];

  private constructor(
    private readonly context: BrowserContext,
    readonly page: Page,
  ) {
    super();
    page.on('pageerror', (error) => this.errors.push(error.stack ?? error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(`${message.text()} (${message.location().url})`);
    });
    page.on('websocket', (socket) => {
      const note = (sent: boolean) => (frame: { payload: string | Buffer }) =>
        this.socketMessages.push({ at: Date.now(), url: socket.url(), sent, text: frame.payload.toString() });
      socket.on('framesent', note(true));
      socket.on('framereceived', note(false));
    });
  }

  static async create(browser: Browser): Promise<Viewer> {
    const context = await browser.newContext({ viewport: { width: 640, height: 480 } });
    for (const [probe, argument] of probes) await context.addInitScript(probe as (argument: unknown) => void, argument);
    return new Viewer(context, await context.newPage());
  }

  override get messagesSent(): number {
    return this.socketMessages.filter(({ sent }) => sent).length;
  }

  evaluate<T>(script: () => T | Promise<T>): Promise<T> {
    return this.page.evaluate(script);
  }

  /** Ends the page's process without a goodbye, as a crash or a pulled plug does. */
  async kill(): Promise<void> {
    const session = await this.context.newCDPSession(this.page);
    const crashed = this.page.waitForEvent('crash');
    // The answer never comes: who should give it is gone.
    session.send('Page.crash').catch(() => undefined);
    await crashed;
    await this.context.close();
  }

  close(): Promise<void> {
    return this.context.close();
  }
}

/** Opens `url` as a viewer of its own: nothing is shared with other viewers (cache, storage, workers, process). */
export async function openViewer(browser: Browser, url: string): Promise<Viewer> {
  const viewer = await Viewer.create(browser);
  await viewer.page.goto(url);
  return viewer;
}
