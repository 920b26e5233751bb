import type { Figure } from '@live-torrent/metrics';
import { magnetizerFigures } from '@live-torrent/metrics';
import type { Counters, Source } from './source.js';

/** What this server does, for `/metrics`. */
export function figuresOf(counters: Counters, source: () => Source | undefined): Figure[] {
  const figure = (name: string, help: string, value: () => number): Figure => ({
    name: `live_torrent_server_${name}_total`,
    help,
    value,
  });
  return [
    figure('playlists', 'Playlists sent to viewers.', () => counters.playlists),
    figure('segment_requests', 'Requests for segments that viewers sent here.', () => counters.segmentRequests),
    figure('segment_bytes', 'Payload bytes of segments sent to viewers.', () => counters.segmentBytesServed),
    figure('upstream_bytes', 'Payload bytes of segments read from the upstream.', () => counters.upstreamBytesRead),
    figure('upstream_errors', 'Requests to the upstream that failed.', () => counters.upstreamErrors),
    ...magnetizerFigures(() => source()?.magnetized),
  ];
}

/** What this process takes, by the names that Prometheus's libraries have for it; which version of what it is stays out. */
export function processFigures(): Figure[] {
  const cpu = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  };
  return [
    { name: 'process_resident_memory_bytes', help: 'Resident memory.', value: () => process.memoryUsage.rss() },
    { name: 'process_cpu_seconds_total', help: 'Processor time.', value: cpu },
  ];
}
