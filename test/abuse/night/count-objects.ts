/** Objects of a kind: those in memory, whoever made them, and those of them that are open. */
export interface Counted {
  readonly alive: number;
  readonly open: number;
}

declare global {
  /** What `countObjects` counts, by name. */
  var __counted: () => { readonly [name: string]: Counted };
}

/**
 * Runs in a page before its own scripts, whichever browser it is in: counts what the page makes and the browser has not collected. Sent as text, so it
 * uses nothing from outside itself.
 */
export function countObjects(): void {
  type Made = object & { readonly readyState?: unknown; readonly connectionState?: unknown };
  const alive = new Map<string, Set<WeakRef<Made>>>();
  const collected = new FinalizationRegistry<() => void>((forget) => forget());
  const track = (name: string, made: Made): void => {
    const all = alive.get(name) ?? new Set();
    alive.set(name, all);
    const reference = new WeakRef(made);
    all.add(reference);
    collected.register(made, () => all.delete(reference));
  };
  const global = globalThis as unknown as Record<string, new (...args: unknown[]) => Made>;
  const watch = (name: string, then: (made: Made) => void = () => {}): void => {
    const native = global[name];
    if (!native) return;
    alive.set(name, new Set());
    global[name] = new Proxy(native, {
      construct(target, args, newTarget) {
        const made: Made = Reflect.construct(target, args, newTarget);
        track(name, made);
        then(made);
        return made;
      },
    });
  };
  watch('RTCPeerConnection', (made) => {
    const connection = made as RTCPeerConnection;
    connection.addEventListener('datachannel', ({ channel }) => track('RTCDataChannel', channel));
    const create = connection.createDataChannel;
    connection.createDataChannel = function (...args) {
      const channel = create.apply(this, args);
      track('RTCDataChannel', channel);
      return channel;
    };
  });
  watch('MessageChannel', (made) => {
    const { port1, port2 } = made as MessageChannel;
    track('MessagePort', port1);
    track('MessagePort', port2);
  });
  for (const name of ['WebSocket', 'Worker', 'AbortController', 'ReadableStream', 'XMLHttpRequest', 'Blob'])
    watch(name);
  const running = new Set<unknown>();
  type Timer = (...args: unknown[]) => unknown;
  const timers = globalThis as unknown as Record<
    'setTimeout' | 'setInterval' | 'clearTimeout' | 'clearInterval',
    Timer
  >;
  const { setTimeout, setInterval, clearTimeout, clearInterval } = timers;
  timers.setTimeout = (task, ...rest) => {
    const id = setTimeout(
      (...args: unknown[]) => {
        running.delete(id);
        if (typeof task === 'function') task(...args);
      },
      ...rest,
    );
    running.add(id);
    return id;
  };
  timers.setInterval = (...args) => {
    const id = setInterval(...args);
    running.add(id);
    return id;
  };
  timers.clearTimeout = timers.clearInterval = (id) => {
    running.delete(id);
    clearTimeout(id);
    return clearInterval(id);
  };
  const closed = new Set<unknown>(['closed', 3]);
  const isOpen = (made: Made | undefined): boolean =>
    made !== undefined && !closed.has(made.connectionState) && !closed.has(made.readyState);
  globalThis.__counted = () => ({
    ...Object.fromEntries(
      [...alive].map(([name, all]) => [
        name,
        { alive: all.size, open: [...all].filter((reference) => isOpen(reference.deref())).length },
      ]),
    ),
    timers: { alive: running.size, open: running.size },
  });
}
