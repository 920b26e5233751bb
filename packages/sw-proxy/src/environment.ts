/** What the proxy uses of a `Client` (Service Workers §4.2). */
export interface ClientLike {
  readonly id: string;
  postMessage(message: unknown, transfer?: Transferable[]): void;
}

/** What the proxy uses of the worker's global scope; tests bring their own. */
export interface Environment {
  readonly clients: {
    get(id: string): Promise<ClientLike | undefined>;
    matchAll(options: { includeUncontrolled: boolean; type: 'all' }): Promise<readonly ClientLike[]>;
  };
  readonly fetch: (request: Request, init?: RequestInit) => Promise<Response>;
  /** The worker's own origin. */
  readonly origin: string;
  /** A clock that never goes back, ms. */
  readonly now: () => number;
  /** Runs `task` after `ms`; returns the function that prevents it. */
  readonly schedule: (task: () => void, ms: number) => () => void;
}

/** What the proxy uses of a `FetchEvent` (Service Workers §4.6). */
export interface FetchEventLike {
  readonly request: Request;
  readonly clientId: string;
  readonly resultingClientId: string;
  waitUntil(promise: Promise<unknown>): void;
}

/** What the proxy uses of an `ExtendableMessageEvent` (Service Workers §4.7). */
export interface MessageEventLike {
  readonly data: unknown;
  readonly source: object | null;
  waitUntil(promise: Promise<unknown>): void;
}

/** The environment of a running service worker. Its globals are read when they are used, as late as at the first event. */
export function workerEnvironment(): Environment {
  const scope = globalThis as unknown as { readonly clients: Environment['clients']; readonly origin: string };
  return {
    get clients() {
      return scope.clients;
    },
    get origin() {
      return scope.origin;
    },
    fetch: (request, init) => fetch(request, init),
    now: () => performance.now(),
    schedule: (task, ms) => {
      const timer = setTimeout(task, ms);
      return () => clearTimeout(timer);
    },
  };
}
