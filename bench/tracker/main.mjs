// @ts-check
/**
 * What viewers cost a tracker: processor time an announce, and memory a viewer, for so many viewers of one stream on loopback.
 *
 *     node bench/tracker/main.mjs [ours|theirs|streams] [--servers N] [viewers …]      default: ours 1000 10000
 *
 * Needs a file descriptor a viewer (`ulimit -n`): with `--servers` the viewers are shared among so many trackers, and the figures are of all
 * of them. `streams` is ours, whose viewers are streams in its own memory and need none. `theirs` is bittorrent-tracker's server.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const at = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const { values, positionals } = parseArgs({
  options: { servers: { type: 'string', default: '1' } },
  allowPositionals: true,
});
const [which = 'ours', ...counts] = positionals;
/** Most viewers of one process. */
const MOST = 10_000;
const ANNOUNCES = 20_000;

/** @typedef {{ cpu: number, rss: number, messages: number }} Figures */

/** @param {import('node:child_process').ChildProcess} server @returns {Promise<Figures>} */
const statsOf = async (server) => {
  server.send('stats');
  return (await once(server, 'message'))[0];
};
/** @param {readonly import('node:child_process').ChildProcess[]} servers @returns {Promise<Figures>} of all of them */
const ask = async (servers) => {
  const sum = { cpu: 0, rss: 0, messages: 0 };
  for (const stats of await Promise.all(servers.map(statsOf))) {
    for (const name of /** @type {const} */ (['cpu', 'rss', 'messages'])) sum[name] += stats[name];
  }
  return sum;
};
const mebibytes = (/** @type {number} */ bytes) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

for (const viewers of (counts.length > 0 ? counts : ['1000', '10000']).map(Number)) {
  const servers = Array.from({ length: Number(values.servers) }, () => fork(at('server.mjs'), [which]));
  const ports = await Promise.all(servers.map(async (server) => (await once(server, 'message'))[0].port));
  const idle = await ask(servers);
  const begun = performance.now();
  /** @type {import('node:child_process').ChildProcess[]} */
  const clients = [];
  if (which === 'streams') {
    servers[0]?.send({ join: viewers });
    clients.push(...servers);
    await once(servers[0] ?? process, 'message');
  }
  const ofServer = viewers / servers.length;
  const each = Math.ceil(ofServer / Math.ceil(ofServer / MOST));
  for (let first = 0; which !== 'streams' && first < viewers; first += each) {
    /** @type {number} */
    const port = ports[clients.length % ports.length];
    /** @type {import('node:child_process').ChildProcess} */
    const client = fork(at('clients.mjs'), [String(port), String(Math.min(each, viewers - first)), String(first)]);
    clients.push(client);
    await once(client, 'message');
  }
  const joined = await ask(servers);
  const seconds = (performance.now() - begun) / 1000;
  console.log(
    `${which}, ${viewers} viewers, ${servers.length} processes: joined in ${seconds.toFixed(1)} s, ${((joined.rss - idle.rss) / viewers / 1024).toFixed(1)} KiB each, ${(((joined.cpu - idle.cpu) / viewers) * 1e6).toFixed(0)} µs of processor each, ${mebibytes(joined.rss)} in all`,
  );
  for (const offers of [0, 2]) {
    const before = await ask(servers);
    const each = Math.floor(ANNOUNCES / clients.length);
    const sent = clients.map((client) => once(client, 'message'));
    for (const client of clients) client.send({ announces: each, offers, seconds: 10 });
    await Promise.all(sent);
    const since = performance.now();
    let after = await ask(servers);
    // What a tracker cannot do in time waits in its sockets.
    while (after.messages - before.messages < each * clients.length && performance.now() - since < 120_000) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      after = await ask(servers);
    }
    const done = after.messages - before.messages;
    const cost = (after.cpu - before.cpu) / done;
    console.log(
      `  ${done} announces with ${offers} offers: ${(cost * 1e6).toFixed(0)} µs each, ${Math.round(1 / cost)} a second on one core; ${mebibytes(after.rss)}`,
    );
  }
  const children = new Set([...clients, ...servers]);
  for (const child of children) child.disconnect();
  await Promise.all([...children].map((child) => child.exitCode ?? once(child, 'exit')));
}
