import { EventEmitter } from 'node:events';
import type { CreateTrackerClient } from '../src/mesh/discovery.js';

type Options = Parameters<CreateTrackerClient>[0];

/** bittorrent-tracker's client as far as the mesh uses it; the test plays the tracker. */
export class FakeTracker extends EventEmitter {
  readonly announces: { event: 'start' | 'update' | 'stop'; numwant?: number }[] = [];
  intervals: number[] = [];
  destroyed = false;
  /** How the mesh reads what the tracker sends. */
  readMessage: ((text: string) => unknown) | undefined;

  constructor(readonly options: Options) {
    super();
  }

  start({ numwant }: { numwant: number }): void {
    this.announces.push({ event: 'start', numwant });
  }

  update({ numwant }: { numwant: number }): void {
    this.announces.push({ event: 'update', numwant });
  }

  stop(): void {
    this.announces.push({ event: 'stop' });
  }

  setInterval(ms: number): void {
    this.intervals.push(ms);
  }

  destroy(): void {
    this.destroyed = true;
  }

  answer(viewers: number): void {
    this.emit('update', { complete: 0, incomplete: viewers });
  }
}

/** The clients that were made, in order, and what makes them. */
export function fakeTrackers(): { readonly clients: FakeTracker[]; readonly create: CreateTrackerClient } {
  const clients: FakeTracker[] = [];
  return {
    clients,
    create: (options) => {
      const client = new FakeTracker(options);
      clients.push(client);
      return client as unknown as ReturnType<CreateTrackerClient>;
    },
  };
}
