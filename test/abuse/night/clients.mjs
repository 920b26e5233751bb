// @ts-check
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Loads, ScriptedClient, Turnstile } from './scripted-client.mjs';

/**
 * Clients of one server, in a process of their own: a busy one must not slow down those of another. The process is told `hold`, `go` or `figures` and
 * answers with what it is then.
 */
const [url = '', count = '0', churn = '0'] = process.argv.slice(2);
/** Of those on their way when all are held, ms. */
const HELD_WITHIN_MS = 40_000;
const loads = new Loads();
const turnstile = new Turnstile();
const delay = monitorEventLoopDelay();
delay.enable();
/** @type {Set<ScriptedClient>} */
const clients = new Set();
const join = () => {
  const client = new ScriptedClient(url, loads, turnstile);
  clients.add(client);
  void client.watch();
};
const leave = () => {
  const [first] = clients;
  first?.leave();
  if (first) clients.delete(first);
};
while (clients.size < Number(count)) join();
const churning = setInterval(() => {
  // Who comes while all are held has no connection yet.
  if (turnstile.isOpen) {
    leave();
    join();
  }
}, Number(churn));

const figures = () => ({
  ...loads,
  under: turnstile.under,
  clients: clients.size,
  delayMs: delay.percentile(99) / 1e6,
});

process.on('message', async (word) => {
  if (word === 'hold') {
    turnstile.close();
    const until = Date.now() + HELD_WITHIN_MS;
    while (turnstile.under > 0 && Date.now() < until) await sleep(50);
    for (const client of clients) client.rest();
  } else if (word === 'go') turnstile.open();
  else if (word === 'leave') {
    clearInterval(churning);
    turnstile.open();
    while (clients.size > 0) leave();
  }
  process.send?.(figures());
});
process.on('disconnect', () => process.exit());
