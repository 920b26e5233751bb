import type { ClientLike, Environment, FetchEventLike, MessageEventLike } from '../src/environment.js';
import { createSwProxy, type SwProxyOptions } from '../src/index.js';
import { isWorkerMessage, type PageMessage, type PageReply, post, type WorkerMessage } from '../src/protocol.js';

/** Lets messages of real MessageChannels arrive. */
export async function settle(turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A clock that only moves when it is told to. */
export class FakeClock {
  time = 0;
  #timers: { readonly task: () => void; readonly at: number }[] = [];

  readonly now = (): number => this.time;

  readonly schedule = (task: () => void, ms: number): (() => void) => {
    const timer = { task, at: this.time + ms };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  /** Moves on, timer by timer, letting messages through in between. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    await settle();
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.time = next.at;
      next.task();
      await settle();
    }
    this.time = end;
  }
}

/** Open ports keep Node running. */
const opened: MessagePort[] = [];
afterEach(() => {
  for (const port of opened.splice(0)) port.close();
});

/** A page, as its worker sees it; the test speaks for it. */
export class FakePage implements ClientLike {
  readonly received: WorkerMessage[] = [];
  readonly ports: MessagePort[] = [];
  /** Called with each message, its port if it brought one. */
  onMessage: (message: WorkerMessage, port: MessagePort | undefined) => void = () => {};

  constructor(
    readonly id: string,
    readonly worker: FakeWorker,
  ) {}

  postMessage(message: unknown, transfer: Transferable[] = []): void {
    const copy: unknown = structuredClone(message);
    if (!isWorkerMessage(copy)) throw new Error(`the worker sent what its own guards reject: ${JSON.stringify(copy)}`);
    const port = transfer[0] as MessagePort | undefined;
    this.received.push(copy);
    if (port) {
      this.ports.push(port);
      opened.push(port);
    }
    // A task, like the browser's: never within the worker's own call.
    setImmediate(() => this.onMessage(copy, port));
  }

  say(message: PageMessage): void {
    this.sayRaw(post(message));
  }

  sayRaw(data: unknown): void {
    this.worker.message({ data: structuredClone(data), source: this });
  }

  /** Hands the worker a table. */
  table(urls: readonly string[], revision = 1, source = 'loader'): void {
    this.say({ type: 'table', source, revision, urls });
  }

  /** Answers every segment request with these replies, at once. */
  answerWith(...replies: PageReply[]): void {
    this.onMessage = (message, port) => {
      if (message.type === 'segment') for (const reply of replies) port?.postMessage(post(reply));
    };
  }

  heard(type: WorkerMessage['type']): WorkerMessage[] {
    return this.received.filter((message) => message.type === type);
  }
}

export const ORIGIN = 'https://site.example';

/** A service worker with a proxy in it, on fake clients, a fake clock and a fake network. */
export class FakeWorker {
  readonly clock = new FakeClock();
  readonly pages = new Map<string, FakePage>();
  /** URLs that went to the network. */
  readonly fetched: string[] = [];
  readonly lifetime: Promise<unknown>[] = [];
  network: (request: Request) => Promise<Response> = async () => new Response('from the network');
  proxy: ReturnType<typeof createSwProxy>;
  readonly #environment: Environment = {
    clients: {
      get: async (id) => this.pages.get(id),
      matchAll: async () => [...this.pages.values()],
    },
    fetch: (request) => {
      this.fetched.push(request.url);
      return this.network(request);
    },
    origin: ORIGIN,
    now: this.clock.now,
    schedule: this.clock.schedule,
  };

  constructor(readonly options: SwProxyOptions = {}) {
    this.proxy = createSwProxy(options, this.#environment);
  }

  /** The browser stops the worker, and starts it again: its memory is gone. */
  restart(): void {
    this.proxy = createSwProxy(this.options, this.#environment);
  }

  open(id = 'page'): FakePage {
    const page = new FakePage(id, this);
    this.pages.set(id, page);
    return page;
  }

  message(event: Omit<MessageEventLike, 'waitUntil'>): void {
    this.proxy.handleMessage({ ...event, waitUntil: (promise) => this.lifetime.push(promise) });
  }

  fetch(url: string, options: FetchOptions = {}): Promise<Response> | undefined {
    return this.proxy.handleFetch(this.event(url, options));
  }

  event(url: string, { clientId = 'page', resultingClientId = '', ...fields }: FetchOptions = {}): FetchEventLike {
    const { headers, method, signal, ...shown } = fields;
    const request = new Request(url, {
      ...(headers && { headers }),
      ...(method && { method }),
      ...(signal && { signal }),
    });
    // What a script cannot construct, such as navigations, is laid over.
    for (const [name, value] of Object.entries({ mode: 'cors', destination: '', ...shown })) {
      Object.defineProperty(request, name, { value });
    }
    return { request, clientId, resultingClientId, waitUntil: (promise) => this.lifetime.push(promise) };
  }
}

export interface FetchOptions {
  readonly clientId?: string;
  readonly resultingClientId?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
  readonly mode?: string;
  readonly credentials?: string;
  readonly destination?: string;
  readonly cache?: string;
}

export const SEGMENT = 'https://cdn.example/s1.ts';

/** `length` bytes that differ from place to place. */
export const someBytes = (length: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 0xff);

/** The reply of a page that has the whole of a segment. */
export function wholeReply(bytes: Uint8Array, transferMs = 0): PageReply {
  const head = { offset: 0, length: bytes.length, total: bytes.length, contentType: 'video/MP2T' };
  return { type: 'bytes', head, bytes: bytes.slice().buffer as ArrayBuffer, transferMs };
}

export const bodyOf = async (response: Response): Promise<Uint8Array> => new Uint8Array(await response.arrayBuffer());
