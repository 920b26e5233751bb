/** What the page end uses of the container's `message` events. */
export interface WorkerMessageEvent {
  readonly data: unknown;
  readonly ports: readonly MessagePort[];
  readonly source: object | null;
}

/** What the page end uses of a `ServiceWorker`. */
export interface WorkerLike {
  postMessage(message: unknown): void;
}

/** What the page end uses of `navigator.serviceWorker` (Service Workers §3.4). */
export interface WorkerContainer {
  readonly controller: WorkerLike | null;
  startMessages(): void;
  addEventListener(type: 'message', listener: (event: WorkerMessageEvent) => void): void;
  addEventListener(type: 'controllerchange', listener: () => void): void;
  removeEventListener(type: 'message', listener: (event: WorkerMessageEvent) => void): void;
  removeEventListener(type: 'controllerchange', listener: () => void): void;
}

/** Runs `task` every `ms`; returns the function that ends it. */
export type Every = (task: () => void, ms: number) => () => void;

/** `Every` with the page's own timers. */
export const everyInterval: Every = (task, ms) => {
  const timer = setInterval(task, ms);
  return () => clearInterval(timer);
};
