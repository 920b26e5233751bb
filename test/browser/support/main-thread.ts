/** One event of a trace of Chromium's (Trace Event Format), as far as it is read here. Times are µs. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly id?: string;
  readonly ts: number;
  readonly dur?: number;
  readonly args: {
    readonly name?: string;
    readonly data?: {
      readonly startTime?: number;
      readonly timeDeltas?: readonly number[];
      readonly cpuProfile?: {
        readonly nodes?: readonly { id: number; parent?: number; callFrame: { url?: string } }[];
        readonly samples?: readonly number[];
      };
    };
  };
}

/** What such a trace has to be of. */
export const TRACED = ['devtools.timeline', 'disabled-by-default-v8.cpu_profiler', 'toplevel'];

/** Paths of our scripts in a page. */
const OURS = /\/(?:p2p-loader|swarm|low-latency|classic)\.js$/;

/** One task of a page's main thread, ms. */
export interface Task {
  readonly ms: number;
  /** Of it in our scripts, and in what they call. */
  readonly ours: number;
  /** Of it in other scripts. */
  readonly others: number;
}

/** The tasks of the one page's main thread in a trace that ran scripts. @param trace JSON, of `TRACED` */
export function tasksOf(trace: string): Task[] {
  const { traceEvents } = JSON.parse(trace) as { traceEvents: TraceEvent[] };
  const named = (name: string): TraceEvent[] => traceEvents.filter((event) => event.name === name);
  const samples: { at: number; url: string | undefined }[] = [];
  const mains = new Set<string>();
  for (const profile of named('Profile')) {
    const main = named('thread_name').some(
      ({ pid, tid, args }) => pid === profile.pid && tid === profile.tid && args.name === 'CrRendererMain',
    );
    if (!main) continue;
    mains.add(`${profile.pid} ${profile.tid}`);
    const nodes = new Map<number, { parent: number | undefined; url: string | undefined }>();
    const urlOf = (id: number | undefined): string | undefined => {
      const node = id === undefined ? undefined : nodes.get(id);
      return node && (node.url || urlOf(node.parent));
    };
    let at = profile.args.data?.startTime ?? profile.ts;
    for (const { pid, id, args } of named('ProfileChunk')) {
      if (pid !== profile.pid || id !== profile.id) continue;
      const { cpuProfile, timeDeltas = [] } = args.data ?? {};
      for (const { id, parent, callFrame } of cpuProfile?.nodes ?? []) nodes.set(id, { parent, url: callFrame.url });
      for (const [i, node] of (cpuProfile?.samples ?? []).entries()) {
        at += timeDeltas[i] ?? 0;
        samples.push({ at, url: urlOf(node) });
      }
    }
  }
  samples.sort((a, b) => a.at - b.at);
  let next = 0;
  return named('RunTask')
    .filter(({ pid, tid }) => mains.has(`${pid} ${tid}`))
    .sort((a, b) => a.ts - b.ts)
    .map(({ ts, dur = 0 }) => {
      const end = ts + dur;
      let [ours, others] = [0, 0];
      while ((samples[next]?.at ?? end) < ts) next += 1;
      for (let i = next; (samples[i]?.at ?? end) < end; i++) {
        const { at, url } = samples[i] as { at: number; url: string | undefined };
        const ms = (Math.min(samples[i + 1]?.at ?? at, end) - at) / 1_000;
        if (!url) continue;
        if (OURS.test(url)) ours += ms;
        else others += ms;
      }
      return { ms: dur / 1_000, ours, others };
    });
}

/** Tasks over `limit` ms that would not be without us, or in which we take that long ourselves. */
export const causedByUs = (tasks: readonly Task[], limit = 50): Task[] =>
  tasks.filter(({ ms, ours }) => ms > limit && (ours > limit || ms - ours <= limit));
