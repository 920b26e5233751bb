import type { P2PLoaderOptions } from '../options.js';
import type { SegmentSource } from '../segment-source.js';
import { connectWorker, type WorkerConnection } from './connect-worker.js';
import { pageContainer } from './page-container.js';

/** A loader's end of the page's service worker, where the site wants one. */
export class WorkerEnd {
  /** Undefined: segments go through no worker. */
  readonly container: ServiceWorkerContainer | undefined;
  #connection: WorkerConnection | undefined;

  constructor(private readonly option: P2PLoaderOptions['serviceWorker']) {
    this.container = pageContainer(option);
  }

  /**
   * Registers the worker whose URL the site has given, and answers for `source` from now on.
   * @param onFailure the browser has refused the worker
   */
  open(source: SegmentSource, onFailure: (error: unknown) => void): void {
    const { container, option } = this;
    if (!container) return;
    if (typeof option === 'string') container.register(option).catch(onFailure);
    this.#connection ??= connectWorker(source, container);
  }

  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }
}
