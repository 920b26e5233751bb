// @ts-check
import { execFileSync } from 'node:child_process';

/** Bytes that may go out at once, and the longest time in the queue: a home router's. */
const BURST = '16kb';
const QUEUE = '150ms';

/** Why links cannot be limited here; undefined when they can. */
export function whyNoLimits() {
  if (process.platform !== 'linux') return 'needs Linux: it limits links with network namespaces and tc';
  if (process.getuid?.() !== 0) return 'needs root: it makes network namespaces';
  for (const [tool, flag] of /** @type {const} */ ([
    ['ip', '-V'],
    ['tc', '-V'],
  ])) {
    try {
      execFileSync(tool, [flag], { stdio: 'ignore' });
    } catch {
      return `needs "${tool}" (package iproute2)`;
    }
  }
  return undefined;
}

/**
 * A network namespace for each viewer, with a link of its own to the host's bridge, limited both ways by a token bucket (tbf).
 * @param {{ viewers: number, megabits: number }} options Mbit/s, Ethernet headers included
 * @throws {Error} when the system does not let it
 */
export function createNetwork({ viewers, megabits }) {
  const reason = whyNoLimits();
  if (reason) throw new Error(`--bandwidth ${reason}`);
  const id = `lt${process.pid % 100_000}`;
  const subnet = `10.213.${process.pid % 250}`;
  const namespaces = Array.from({ length: viewers }, (_, i) => `${id}-${i}`);
  const ip = (/** @type {string} */ line) =>
    execFileSync('ip', line.split(' '), { stdio: ['ignore', 'ignore', 'pipe'] });
  const attempt = (/** @type {string} */ line) => {
    try {
      ip(line);
    } catch {
      // What was not made, or is gone with what held it, is as it shall be.
    }
  };
  const close = () => {
    process.off('exit', close);
    for (const namespace of namespaces) attempt(`netns del ${namespace}`);
    attempt(`link del ${id}`);
  };
  process.on('exit', close);
  try {
    ip(`link add ${id} type bridge`);
    ip(`addr add ${subnet}.1/24 dev ${id}`);
    ip(`link set ${id} up`);
    for (const [i, namespace] of namespaces.entries()) {
      const [outer, inner] = [`${id}o${i}`, `${id}i${i}`];
      ip(`netns add ${namespace}`);
      ip(`link add ${outer} type veth peer name ${inner}`);
      ip(`link set ${inner} netns ${namespace}`);
      ip(`link set ${outer} master ${id} up`);
      ip(`-n ${namespace} link set lo up`);
      ip(`-n ${namespace} addr add ${subnet}.${i + 2}/24 dev ${inner}`);
      ip(`-n ${namespace} link set ${inner} up`);
      ip(`-n ${namespace} route add default via ${subnet}.1`);
      const bucket = `root tbf rate ${megabits}mbit burst ${BURST} latency ${QUEUE}`;
      execFileSync('tc', `qdisc add dev ${outer} ${bucket}`.split(' '), { stdio: ['ignore', 'ignore', 'pipe'] });
      execFileSync('tc', `-n ${namespace} qdisc add dev ${inner} ${bucket}`.split(' '), {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
    }
  } catch (error) {
    close();
    throw new Error(
      `--bandwidth: the system did not let a link be made: ${/** @type {any} */ (error).stderr ?? error}`,
    );
  }
  return { host: `${subnet}.1`, namespaces, close };
}
