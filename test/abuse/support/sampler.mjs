// @ts-check
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { queryObjects, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Preloaded into a server that is watched: it tells by its IPC channel what it holds, after a collection of its garbage. */
setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');
const timer = setTimeout(() => {}, 0);

/** Objects that are counted, by name. */
const COUNTED = {
  Map,
  Set,
  Promise,
  ArrayBuffer,
  AbortController,
  Socket,
  IncomingMessage,
  ServerResponse,
  Timeout: timer.constructor,
};

process.on('message', () => {
  gc();
  const { heapUsed, rss, arrayBuffers } = process.memoryUsage();
  /** @type {Record<string, number>} */
  const active = {};
  for (const name of process.getActiveResourcesInfo()) active[name] = (active[name] ?? 0) + 1;
  const counted = Object.entries(COUNTED).map(([name, kind]) => [
    name,
    typeof queryObjects === 'function' ? queryObjects(/** @type {any} */ (kind), { format: 'count' }) : 0,
  ]);
  const MIB = 2 ** 20;
  process.send?.({
    'heap, MiB': heapUsed / MIB,
    'buffers, MiB': arrayBuffers / MIB,
    'RSS, MiB': rss / MIB,
    'open sockets': active.TCPSocketWrap ?? 0,
    'active timers': active.Timeout ?? 0,
    ...Object.fromEntries(counted.map(([name, count]) => [`${name} objects`, count])),
  });
});
process.channel?.unref();
