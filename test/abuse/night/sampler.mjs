// @ts-check
import { readdirSync } from 'node:fs';
import { IncomingMessage, ServerResponse } from 'node:http';
import { register } from 'node:module';
import { Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { queryObjects, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Preloaded into a server that is watched: it tells by its IPC channel what it holds, after a collection of its garbage. What remembers up to a bound
 * remembers less here, so that all of it is full within minutes and what grows on is something else.
 */
register('./small-lru-hooks.mjs', import.meta.url);
setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');
const timer = setTimeout(() => {}, 0);
const delay = monitorEventLoopDelay();
delay.enable();

/** Objects that are counted, by name. */
const COUNTED = {
  Map,
  Set,
  Promise,
  ArrayBuffer,
  Uint8Array,
  AbortController,
  EventTarget,
  Socket,
  IncomingMessage,
  ServerResponse,
  Timeout: timer.constructor,
};
const MIB = 2 ** 20;

process.on('message', () => {
  gc();
  gc();
  const { heapUsed, rss, arrayBuffers } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  /** @type {Record<string, number>} */
  const active = {};
  for (const name of process.getActiveResourcesInfo()) active[name] = (active[name] ?? 0) + 1;
  const counted = Object.entries(COUNTED).map(([name, kind]) => [
    `${name} objects`,
    typeof queryObjects === 'function' ? queryObjects(/** @type {any} */ (kind), { format: 'count' }) : 0,
  ]);
  process.send?.({
    held: {
      'heap, MiB': heapUsed / MIB,
      'buffers, MiB': arrayBuffers / MIB,
      'RSS, MiB': rss / MIB,
      'open files and sockets': process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
      'active timers': active.Timeout ?? 0,
      ...Object.fromEntries(counted),
    },
    cpuSeconds: (user + system) / 1e6,
    delayMs: delay.percentile(99) / 1e6,
  });
});
process.on('disconnect', () => process.exit());
process.channel?.unref();
