import type { IncomingMessage, ServerResponse } from 'node:http';
import { streamId } from '@live-torrent/manifest-magnetizer';
import { type Figure, show, ViewerFigures } from './figures.js';
import { type MagnetizerFigures, magnetizerFigures, type TrackerFigures, trackerFigures } from './operator-figures.js';
import { ReportRate } from './rate.js';
import { MAX_REPORT, readReport } from './report.js';
import { collectDefaultMetrics, Registry } from './vendor/prom-client.js';

/** Streams with figures of their own. */
const MAX_STREAMS = 1_000;
/** The label of all others. */
const OTHER = 'other';

/** What is shown. */
export interface MetricsOptions {
  /**
   * The streams that have figures of their own, by the label that they get: each the URL of its playlist, the name that the magnetizer was
   * given as `stream`, or its id. All others count as `other`: pages name streams as they like.
   */
  readonly streams?: { readonly [label: string]: string };
  readonly tracker?: TrackerFigures;
  readonly magnetizer?: MagnetizerFigures;
  /** Figures of yours besides. */
  readonly figures?: readonly Figure[];
  /** Memory, processor time and event loop of this process, by prom-client's default names. Default false. */
  readonly process?: boolean;
  /** Steady clock, ms. */
  readonly clock?: () => number;
}

/** Reports of pages in, figures for Prometheus out. */
export interface Metrics {
  /** Gives one more stream figures of its own; beyond 1,000 it counts as `other`. */
  allow(label: string, stream: string): void;
  /** Takes the text of one report; false: it is none, or one too many. */
  report(text: string): boolean;
  /** Answers a page's report: for a route of Express or Connect, a server of Node's, or Fastify's `use`. */
  readonly collect: (req: IncomingMessage, res: ServerResponse) => void;
  /** Answers Prometheus, likewise. */
  readonly serve: (req: IncomingMessage, res: ServerResponse) => void;
  /** `collect` for handlers of the Fetch API. */
  readonly fetchCollect: (request: Request) => Promise<Response>;
  /** `serve` for handlers of the Fetch API. */
  readonly fetchServe: () => Promise<Response>;
  /** What `serve` answers, in Prometheus's text format. */
  text(): Promise<string>;
}

/** What viewers report, and what tracker and magnetizer do, for Prometheus. */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  const { tracker, magnetizer, figures = [], clock = () => performance.now() } = options;
  const registry = new Registry();
  const viewers = new ViewerFigures(registry);
  const rate = new ReportRate(clock);
  const labels = new Map<string, string>();
  if (tracker)
    show(
      registry,
      trackerFigures(() => tracker.stats),
    );
  if (magnetizer)
    show(
      registry,
      magnetizerFigures(() => magnetizer.stats()),
    );
  show(registry, figures);
  if (options.process) collectDefaultMetrics({ register: registry });

  const report = (text: string): boolean => {
    const taken = readReport(text);
    if (taken === undefined) viewers.refuse('bad');
    else viewers.add(labels.get(taken.stream) ?? OTHER, taken);
    return taken !== undefined;
  };
  /** @returns the status */
  const take = (text: string | undefined): number => {
    if (text === undefined) {
      viewers.refuse('bad');
      return 413;
    }
    return report(text) ? 204 : 400;
  };
  const refusal = (method: string | undefined): number | undefined => {
    if (method !== 'POST') return 405;
    if (rate.takes()) return undefined;
    viewers.refuse('surplus');
    return 429;
  };
  const metrics: Metrics = {
    allow: (label, stream) => {
      const id = streamId(stream);
      if (labels.size < MAX_STREAMS || labels.has(id)) labels.set(id, label);
    },
    report,
    collect: (req, res) => {
      const end = (status: number): void => {
        res.writeHead(status, { 'Content-Length': 0, ...(status === 405 && { Allow: 'POST' }) }).end();
      };
      const refused = refusal(req.method);
      if (refused !== undefined) end(refused);
      else readBody(req, (text) => end(take(text)));
    },
    serve: (_req, res) => {
      registry.metrics().then(
        (text) => res.writeHead(200, { 'Content-Type': registry.contentType }).end(text),
        () => res.writeHead(500).end(),
      );
    },
    fetchCollect: async (request) => {
      const refused = refusal(request.method);
      if (refused !== undefined) return new Response(null, { status: refused });
      return new Response(null, { status: take(await textOf(request)) });
    },
    fetchServe: async () =>
      new Response(await registry.metrics(), { headers: { 'Content-Type': registry.contentType } }),
    text: () => registry.metrics(),
  };
  for (const [label, stream] of Object.entries(options.streams ?? {})) metrics.allow(label, stream);
  return metrics;
}

/** Calls back once with the body, or with undefined where it is too long; never where the connection breaks. */
function readBody(req: IncomingMessage & { readonly body?: unknown }, done: (text: string | undefined) => void): void {
  // A parser in front has read it.
  if (req.readableEnded) {
    done(typeof req.body === 'string' ? req.body : JSON.stringify(req.body ?? null));
    return;
  }
  let text = '';
  let isDone = false;
  const finish = (whole: string | undefined): void => {
    if (!isDone) done(whole);
    isDone = true;
  };
  req.setEncoding('utf8');
  req.on('error', () => {});
  req.on('data', (part: string) => {
    if (text.length <= MAX_REPORT) text += part.slice(0, MAX_REPORT + 1);
    if (text.length > MAX_REPORT) finish(undefined);
  });
  req.on('end', () => finish(text));
}

/** The body; undefined where it is too long. */
async function textOf(request: Request): Promise<string | undefined> {
  const reader = request.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done = true, value = '' } = (await reader?.read()) ?? {};
    if (done) return text;
    text += value;
    if (text.length <= MAX_REPORT) continue;
    await reader?.cancel();
    return undefined;
  }
}
