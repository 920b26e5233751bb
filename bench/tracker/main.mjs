// @ts-check
/**
 * What viewers cost a tracker: processor time an announce, and memory a viewer, for so many viewers of one stream on loopback.
 *
 *     node bench/tracker/main.mjs [ours|theirs] [viewers …]      default: ours 1000 10000
 *
 * Needs a file descriptor a viewer (`ulimit -n`). `theirs` is bittorrent-tracker's server.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const at = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const [, , which = 'ours', ...counts] = process.argv;
/** Viewers of one process. */
const EACH = 10_000;
const ANNOUNCES = 20_000;

for (const viewers of (counts.length > 0 ? counts : ['1000', '10000']).map(Number)) {
  const server = fork(at('server.mjs'), [which]);
  const [{ port }] = await once(server, 'message');
  const ask = async () => {
    server.send('stats');
    const [stats] = await once(server, 'message');
    return /** @type {{ cpu: number, rss: number, messages: number }} */ (stats);
  };
  const idle = await ask();
  const begun = performance.now();
  const clients = [];
  for (let first = 0; first < viewers; first += EACH) {
    const client = fork(at('clients.mjs'), [String(port), String(Math.min(EACH, viewers - first)), String(first)]);
    clients.push(client);
    await once(client, 'message');
  }
  const joined = await ask();
  const seconds = (performance.now() - begun) / 1000;
  console.log(
    `${which}, ${viewers} viewers: joined in ${seconds.toFixed(1)} s, ${((joined.rss - idle.rss) / viewers / 1024).toFixed(1)} KiB each, ${(((joined.cpu - idle.cpu) / viewers) * 1e6).toFixed(0)} µs of processor each, ${(joined.rss / 2 ** 20).toFixed(0)} MiB in all`,
  );
  for (const offers of [0, 2]) {
    const before = await ask();
    const each = Math.floor(ANNOUNCES / clients.length);
    const sent = clients.map((client) => once(client, 'message'));
    for (const client of clients) client.send({ announces: each, offers, seconds: 10 });
    await Promise.all(sent);
    const since = performance.now();
    let after = await ask();
    // What a tracker cannot do in time waits in its sockets.
    while (after.messages - before.messages < each * clients.length && performance.now() - since < 120_000) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      after = await ask();
    }
    const done = after.messages - before.messages;
    const cost = (after.cpu - before.cpu) / done;
    console.log(
      `  ${done} announces with ${offers} offers: ${(cost * 1e6).toFixed(0)} µs each, ${Math.round(1 / cost)} a second on one core; ${(after.rss / 2 ** 20).toFixed(0)} MiB`,
    );
  }
  for (const child of [...clients, server]) child.disconnect();
  await Promise.all([...clients, server].map((child) => child.exitCode ?? once(child, 'exit')));
}
