// @ts-check
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What makes namespaces and lines, and the Debian package that has it. @type {[tool: string, flag: string, from: string][]} */
const TOOLS = [
  ['ip', '-V', 'iproute2'],
  ['vde_switch', '--version', 'vde2'],
  ['wirefilter', '--help', 'vde2'],
];
/** Ports of a switch. */
const PORTS = '64';

/** Why there are no lines here; undefined when there are. */
export function whyNoLines() {
  if (process.platform !== 'linux') return 'needs Linux: each viewer has a network namespace';
  if (process.getuid?.() !== 0) return 'needs root: it makes network namespaces';
  for (const [tool, flag, from] of TOOLS) {
    if (spawnSync(tool, [flag], { stdio: 'ignore' }).error) return `needs "${tool}" (package ${from})`;
  }
  return undefined;
}

/**
 * A network namespace for each viewer, behind a line of its site's own to the host. Between them are userspace switches (vde_switch), and for each
 * line a wirefilter that delays, drops and paces Ethernet frames both ways: TCP and WebRTC meet the same queue.
 * @param {import('./profiles.mjs').Site[]} sites
 * @throws {Error} when the system does not let it
 */
export async function createNetwork(sites) {
  const reason = whyNoLines();
  if (reason) throw new Error(`lines of viewers: ${reason}`);
  const id = `lt${process.pid % 100_000}`;
  const subnet = `10.213.${process.pid % 250}`;
  const folder = mkdtempSync(join(tmpdir(), 'live-torrent-lines-'));
  /** @type {string[]} */
  const namespaces = [];
  /** @type {import('node:child_process').ChildProcess[]} */
  const children = [];
  const run = (/** @type {string} */ line) => {
    const [command = '', ...args] = line.split(' ');
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const start = (/** @type {string[]} */ [command = '', ...args]) => {
    // A switch ends at the end of its input, and wirefilter forwards it.
    children.push(spawn(command, args, { stdio: ['pipe', 'ignore', 'ignore'] }));
  };
  const close = () => {
    process.off('exit', close);
    for (const child of children) child.kill('SIGKILL');
    for (const namespace of namespaces) spawnSync('ip', ['netns', 'del', namespace], { stdio: 'ignore' });
    spawnSync('ip', ['link', 'del', id], { stdio: 'ignore' });
    rmSync(folder, { recursive: true, force: true });
  };
  process.on('exit', close);
  const socket = (/** @type {string} */ name) => join(folder, name);
  const startSwitch = (
    /** @type {string} */ name,
    /** @type {string} */ tap = '',
    /** @type {string} */ namespace = '',
  ) =>
    start([
      ...(namespace ? ['ip', 'netns', 'exec', namespace] : []),
      ...['vde_switch', '-s', socket(name), '-n', PORTS],
      ...(tap ? ['-tap', tap] : []),
    ]);
  const connect = (/** @type {string} */ one, /** @type {string} */ other, /** @type {string[]} */ options = []) =>
    start(['wirefilter', '-v', `${socket(one)}:${socket(other)}`, ...options]);
  try {
    run(`ip tuntap add dev ${id} mode tap`);
    run(`ip addr add ${subnet}.1/24 dev ${id}`);
    run(`ip link set ${id} up`);
    startSwitch('core', id);
    for (const [s, { viewers }] of sites.entries()) {
      if (viewers > 1) startSwitch(`site${s}`);
      for (let v = 0; v < viewers; v++) {
        const namespace = `${id}-${namespaces.length}`;
        run(`ip netns add ${namespace}`);
        namespaces.push(namespace);
        run(`ip -n ${namespace} link set lo up`);
        run(`ip -n ${namespace} tuntap add dev tap0 mode tap`);
        run(`ip -n ${namespace} addr add ${subnet}.${namespaces.length + 1}/24 dev tap0`);
        run(`ip -n ${namespace} link set tap0 up`);
        run(`ip -n ${namespace} route add default via ${subnet}.1`);
        startSwitch(`viewer${namespaces.length}`, 'tap0', namespace);
      }
    }
    // Sockets are there as soon as the switches run.
    await sleep(500);
    let viewer = 0;
    for (const [s, { line, viewers }] of sites.entries()) {
      if (viewers === 1) connect(`viewer${++viewer}`, 'core', filterOptions(line));
      else {
        for (let v = 0; v < viewers; v++) connect(`viewer${++viewer}`, `site${s}`);
        connect(`site${s}`, 'core', filterOptions(line));
      }
    }
    await sleep(300);
    const ended = children.find(({ exitCode }) => exitCode !== null);
    if (ended) throw new Error(`${ended.spawnargs.join(' ')} ended with ${ended.exitCode}`);
  } catch (error) {
    close();
    throw new Error(`the system did not let a line be made: ${/** @type {any} */ (error).stderr ?? error}`);
  }
  return { host: `${subnet}.1`, namespaces, close };
}

/**
 * wirefilter's options for a line; left is the viewer, right the network.
 * @param {import('./profiles.mjs').Line} line
 */
export function filterOptions({ down, up, rttMs, jitterMs, loss, queueMs }) {
  const bytesPerSecond = (/** @type {number} */ megabits) => Math.round((megabits * 1e6) / 8);
  // What waits for its delay is in the buffer, too.
  const buffer = (/** @type {number} */ megabits) =>
    Math.round((bytesPerSecond(megabits) * (queueMs + rttMs / 2 + jitterMs / 2)) / 1000);
  return [
    ...['-b', `LR${bytesPerSecond(up)}`, '-b', `RL${bytesPerSecond(down)}`],
    ...['-c', `LR${buffer(up)}`, '-c', `RL${buffer(down)}`],
    ...(rttMs > 0 ? ['-d', jitterMs > 0 ? `${rttMs / 2}+${jitterMs / 2}` : `${rttMs / 2}`] : []),
    ...(loss > 0 ? ['-l', String(100 * loss)] : []),
  ];
}
