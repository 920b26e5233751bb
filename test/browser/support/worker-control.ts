import type { CDPSession, Page } from 'playwright-core';
import { waitFor } from '../../../harness/poll.mjs';

/** What DevTools tells of one service worker version. */
interface Version {
  readonly versionId: string;
  readonly registrationId: string;
  readonly status: string;
  readonly runningStatus: string;
}

/** The service workers of a page's profile, as the browser manages them. */
export class WorkerControl {
  private readonly versions = new Map<string, Version>();
  /** How often a worker began to run. */
  starts = 0;

  private constructor(private readonly session: CDPSession) {
    session.on('ServiceWorker.workerVersionUpdated', ({ versions }) => {
      for (const version of versions as Version[]) {
        const before = this.versions.get(version.versionId)?.runningStatus;
        if (version.runningStatus === 'running' && before !== 'running') this.starts += 1;
        this.versions.set(version.versionId, version);
      }
    });
  }

  static async of(page: Page): Promise<WorkerControl> {
    const session = await page.context().newCDPSession(page);
    const control = new WorkerControl(session);
    await session.send('ServiceWorker.enable');
    await waitFor('a running worker', () => control.running.length > 0);
    return control;
  }

  get running(): Version[] {
    return [...this.versions.values()].filter(({ runningStatus }) => runningStatus === 'running');
  }

  /** Stops every worker, as the browser does when it wants their memory. Resolves to whether one was running. */
  async stop(): Promise<boolean> {
    const running = this.running.length > 0;
    await this.session.send('ServiceWorker.stopAllWorkers');
    return running;
  }
}
