import type { Report } from './report.js';
import { Counter, Gauge, Histogram, type Registry } from './vendor/prom-client.js';

/** Times until a viewer has its first link, s. */
const JOIN_BUCKETS = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64];

/** What viewers report, by stream. */
export class ViewerFigures {
  readonly #add: (label: string, report: Report) => void;
  readonly #results: Counter<'result'>;

  constructor(registry: Registry) {
    const registers = [registry];
    const byStream = (name: string, help: string) =>
      new Counter({ name: `live_torrent_viewer_${name}_total`, help, labelNames: ['stream'], registers });
    const bySource = (name: string, help: string) =>
      new Counter({ name: `live_torrent_viewer_${name}_total`, help, labelNames: ['stream', 'source'], registers });
    const bytes = bySource('bytes', 'Payload bytes of segments that viewers received, by where they came from.');
    const segments = bySource('segments', 'Segments that players were given, by where their bytes came from.');
    const late = byStream('late_segments', 'Segments that took longer than they play.');
    const uploaded = byStream('uploaded_bytes', 'Payload bytes that viewers gave to others.');
    const seconds = byStream('seconds', 'Time that reports are of.');
    const linkSeconds = byStream('link_seconds', 'Links times seconds: over the seconds, the links of a viewer.');
    const stalls = byStream('stalls', 'Times that play stood still for want of media.');
    const stalled = byStream('stalled_seconds', 'How long play stood still.');
    const badPieces = byStream('bad_pieces', 'Pieces that failed verification.');
    const failedLinks = byStream('failed_links', 'Connections between viewers that did not come up.');
    const messages = byStream('tracker_messages', 'Announces and answers that viewers sent to trackers.');
    const joined = new Histogram({
      name: 'live_torrent_viewer_join_seconds',
      help: "From a loader's start to its first link.",
      labelNames: ['stream'],
      buckets: JOIN_BUCKETS,
      registers,
    });
    this.#results = new Counter({
      name: 'live_torrent_reports_total',
      help: 'Reports of pages: taken, none at all, or one too many.',
      labelNames: ['result'],
      registers,
    });
    this.#add = (stream, report) => {
      for (const source of ['peers', 'origin', 'helper'] as const) bytes.inc({ stream, source }, report.bytes[source]);
      for (const source of ['peers', 'helper', 'origin', 'mixed'] as const)
        segments.inc({ stream, source }, report.segments[source]);
      late.inc({ stream }, report.segments.late);
      uploaded.inc({ stream }, report.bytes.uploaded);
      seconds.inc({ stream }, report.seconds);
      linkSeconds.inc({ stream }, report.links * report.seconds);
      stalls.inc({ stream }, report.stalls);
      stalled.inc({ stream }, report.stalledMs / 1000);
      badPieces.inc({ stream }, report.badPieces);
      failedLinks.inc({ stream }, report.failedLinks);
      messages.inc({ stream }, report.trackerMessages);
      if (report.joinedMs !== undefined) joined.observe({ stream }, report.joinedMs / 1000);
    };
  }

  /** @param stream the label */
  add(stream: string, report: Report): void {
    this.#results.inc({ result: 'taken' });
    this.#add(stream, report);
  }

  refuse(result: 'bad' | 'surplus'): void {
    this.#results.inc({ result });
  }
}

/** One figure that is asked for when somebody looks. */
export interface Figure {
  /** As Prometheus names it; one that only grows ends in `_total`. */
  readonly name: string;
  readonly help: string;
  readonly value: () => number;
}

/** Shows figures of others. */
export function show(registry: Registry, figures: readonly Figure[]): void {
  for (const { name, help, value } of figures) {
    const options = { name, help, registers: [registry] };
    if (name.endsWith('_total')) {
      new Counter({
        ...options,
        collect() {
          this.reset();
          this.inc(Math.max(0, value()));
        },
      });
    } else {
      new Gauge({
        ...options,
        collect() {
          this.set(value());
        },
      });
    }
  }
}
