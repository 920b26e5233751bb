// @ts-check
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { translationRules, WAN } from './address-translation.mjs';

/** What makes namespaces and lines, and the Debian package that has it. @type {[tool: string, flag: string, from: string][]} */
const TOOLS = [
  ['ip', '-V', 'iproute2'],
  ['vde_switch', '--version', 'vde2'],
  ['wirefilter', '--help', 'vde2'],
];
/** What homes with address translation need besides. @type {typeof TOOLS} */
const TRANSLATION_TOOLS = [['nft', '--version', 'nftables']];
/** What ends the bench without an end of its own. @type {NodeJS.Signals[]} */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** Where \`ip netns\` keeps its names. */
const NAMESPACES = '/run/netns';
/** Ports of a switch. */
const PORTS = '64';

/** Why there are no lines here; undefined when there are. @param {typeof TOOLS} [more] what else is needed */
export function whyNoLines(more = []) {
  if (process.platform !== 'linux') return 'needs Linux: each viewer has a network namespace';
  if (process.getuid?.() !== 0) return 'needs root: it makes network namespaces';
  for (const [tool, flag, from] of [...TOOLS, ...more]) {
    if (spawnSync(tool, [flag], { stdio: 'ignore' }).error) return `needs "${tool}" (package ${from})`;
  }
  return undefined;
}

/** Namespaces of a bench that was killed outright, so that it could not remove them: its switches have ended with it. */
function forgetTheKilled() {
  for (const namespace of existsSync(NAMESPACES) ? readdirSync(NAMESPACES) : []) {
    const [, pid] = /^lt(\d+)-r?\d+$/.exec(namespace) ?? [];
    if (pid && !existsSync(`/proc/${pid}`)) spawnSync('ip', ['netns', 'del', namespace], { stdio: 'ignore' });
  }
}

/**
 * A network namespace for each viewer, behind a line of its site's own to the host. Between them are userspace switches (vde_switch), and for each
 * line a wirefilter that delays, drops and paces Ethernet frames both ways: TCP and WebRTC meet the same queue. A site with address translation has
 * a router in a namespace of its own, and its viewers have addresses of a home.
 * @param {import('./profiles.mjs').Site[]} sites
 * @throws {Error} when the system does not let it
 */
export async function createNetwork(sites) {
  const reason = whyNoLines(sites.some(({ translation }) => translation) ? TRANSLATION_TOOLS : []);
  if (reason) throw new Error(`lines of viewers: ${reason}`);
  forgetTheKilled();
  const id = `lt${process.pid}`;
  const subnet = `10.213.${process.pid % 250}`;
  const folder = mkdtempSync(join(tmpdir(), 'live-torrent-lines-'));
  /** The viewers'. @type {string[]} */
  const namespaces = [];
  /** Those of homes. @type {string[]} */
  const routers = [];
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
    for (const signal of SIGNALS) process.off(signal, exit);
    for (const child of children) child.kill('SIGKILL');
    for (const namespace of [...namespaces, ...routers])
      spawnSync('ip', ['netns', 'del', namespace], { stdio: 'ignore' });
    spawnSync('ip', ['link', 'del', id], { stdio: 'ignore' });
    rmSync(folder, { recursive: true, force: true });
  };
  const exit = () => process.exit(1);
  process.on('exit', close);
  for (const signal of SIGNALS) process.on(signal, exit);
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
    const makeNamespace = (/** @type {string[]} */ list, /** @type {string} */ namespace) => {
      run(`ip netns add ${namespace}`);
      list.push(namespace);
      run(`ip -n ${namespace} link set lo up`);
      return namespace;
    };
    let stations = 0;
    /** Puts a namespace on the network: what it sends goes through a switch of its own. */
    const plugIn = (/** @type {string} */ namespace) => {
      stations += 1;
      run(`ip -n ${namespace} tuntap add dev ${WAN} mode tap`);
      run(`ip -n ${namespace} addr add ${subnet}.${stations + 1}/24 dev ${WAN}`);
      run(`ip -n ${namespace} link set ${WAN} up`);
      run(`ip -n ${namespace} route add default via ${subnet}.1`);
      startSwitch(`station${stations}`, WAN, namespace);
    };
    for (const [s, { viewers, translation }] of sites.entries()) {
      if (translation) {
        const router = makeNamespace(routers, `${id}-r${s}`);
        plugIn(router);
        for (let v = 0; v < viewers; v++) {
          const viewer = makeNamespace(namespaces, `${id}-${namespaces.length}`);
          const home = `192.168.${s + 1}`;
          run(`ip -n ${router} link add v${v} type veth peer name eth0 netns ${viewer}`);
          run(`ip -n ${router} addr add ${home}.${4 * v + 1}/30 dev v${v}`);
          run(`ip -n ${router} link set v${v} up`);
          run(`ip -n ${viewer} addr add ${home}.${4 * v + 2}/30 dev eth0`);
          run(`ip -n ${viewer} link set eth0 up`);
          run(`ip -n ${viewer} route add default via ${home}.${4 * v + 1}`);
        }
        run(`ip netns exec ${router} sysctl -q -w net.ipv4.ip_forward=1`);
        const rules = translationRules(translation, { viewer: `192.168.${s + 1}.2`, relay: `${subnet}.1` });
        execFileSync('ip', ['netns', 'exec', router, 'nft', '-f', '-'], {
          input: rules,
          stdio: ['pipe', 'ignore', 'pipe'],
        });
        continue;
      }
      if (viewers > 1) startSwitch(`site${s}`);
      for (let v = 0; v < viewers; v++) plugIn(makeNamespace(namespaces, `${id}-${namespaces.length}`));
    }
    // Sockets are there as soon as the switches run.
    await sleep(500);
    let station = 0;
    for (const [s, { line, viewers, translation }] of sites.entries()) {
      if (viewers === 1 || translation) connect(`station${++station}`, 'core', filterOptions(line));
      else {
        for (let v = 0; v < viewers; v++) connect(`station${++station}`, `site${s}`);
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
