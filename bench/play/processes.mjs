// @ts-check
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second in /proc: USER_HZ, the same on every Linux that Chromium runs on. */
const TICKS = 100;

/** @typedef {{ pid: number, type: string, cpuSeconds: number }} Process */

/** Threads by the start of their names, which Linux cuts off at 15 characters. @type {[RegExp, string][]} */
const GROUPS = [
  [/^WebRTC/, 'WebRTC'],
  [/^Compositor/, 'compositor'],
  [/^(ThreadPool|Chrome_ChildIOT|Chrome_IOThread)/, 'pool and I/O'],
  [/^DedicatedWorker/, "hls.js's worker"],
  [/^ServiceWorker/, 'service worker'],
  [/^(Media|Audio|VideoFrame|dav1d)/, 'media'],
];

/**
 * The name under which a thread's CPU is counted.
 * @param {string} type the process's, as Chromium names it
 * @param {string} name the thread's
 * @param {boolean} isMain whether it is the process's first
 */
export function threadGroup(type, name, isMain) {
  if (type !== 'renderer') return shortType(type);
  if (isMain) return 'renderer: main';
  return `renderer: ${GROUPS.find(([pattern]) => pattern.test(name))?.[1] ?? 'other'}`;
}

/** `network.mojom.NetworkService` is the network service. @param {string} type */
export const shortType = (type) =>
  type === 'GPU' || type === 'renderer' || type === 'browser'
    ? type
    : type
        .replace(/^.*\./, '')
        .replace(/Service$/, ' service')
        .toLowerCase();

/**
 * CPU seconds of every thread so far; nothing where there is no /proc.
 * @param {Process[]} processes
 * @returns {Map<string, { group: string, seconds: number }>} by process and thread
 */
export function threadTimes(processes) {
  const times = new Map();
  for (const { pid, type } of processes) {
    for (const tid of list(`/proc/${pid}/task`)) {
      // The name stands in parentheses and may hold blanks and parentheses itself.
      const [, name = '', rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(read(`/proc/${pid}/task/${tid}/stat`)) ?? [];
      if (!rest) continue;
      const [user, system] = rest.split(' ').slice(11, 13).map(Number);
      const group = threadGroup(type, name, String(pid) === tid);
      times.set(`${pid}/${tid}`, { group, seconds: ((user ?? 0) + (system ?? 0)) / TICKS });
    }
  }
  return times;
}

/**
 * CPU seconds between two readings, by group. Threads that ended in between are not in it.
 * @param {ReturnType<typeof threadTimes>} before
 * @param {ReturnType<typeof threadTimes>} after
 */
export function threadCpu(before, after) {
  /** @type {Record<string, number>} */
  const groups = {};
  for (const [id, { group, seconds }] of after) {
    groups[group] = (groups[group] ?? 0) + seconds - (before.get(id)?.seconds ?? 0);
  }
  return groups;
}

/**
 * Memory of processes, shared pages divided among those who share them (Pss); undefined where the system does not tell.
 * @param {Process[]} processes
 */
export function memoryBytes(processes) {
  const sizes = processes.map(({ pid }) => /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1]);
  return sizes.every((size) => size === undefined)
    ? undefined
    : sizes.reduce((sum, size) => sum + Number(size ?? 0) * 1024, 0);
}

/** A process may end at any moment. @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** @param {string} folder */
function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
