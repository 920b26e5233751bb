import type { Figure } from './figures.js';

/** What a tracker tells, such as that of `createTracker()`. */
export interface TrackerFigures {
  readonly stats: {
    readonly connections: number;
    readonly streams: number;
    readonly peers: number;
    readonly announces: number;
    readonly passedOn: number;
    readonly refused: number;
  };
}

/** What a magnetizer tells, such as that of `createMagnetizer()`, and the middleware's. */
export interface MagnetizerFigures {
  stats(): {
    readonly playlists: number;
    readonly incomplete: number;
    readonly heldMs: number;
    readonly segmentsHashed: number;
    readonly segmentBytesRead: number;
    readonly failures: number;
    readonly deferred: number;
    readonly pending: number;
    readonly sharedHits: number;
    readonly cacheFailures: number;
  };
}

/** What a tracker does. */
export function trackerFigures(stats: () => TrackerFigures['stats']): Figure[] {
  const figure = (name: string, help: string, value: (stats: TrackerFigures['stats']) => number): Figure => ({
    name: `live_torrent_tracker_${name}`,
    help,
    value: () => value(stats()),
  });
  return [
    figure('connections', 'Connections to the tracker.', ({ connections }) => connections),
    figure('streams', 'Streams with viewers.', ({ streams }) => streams),
    figure('peers', 'Viewers, each counted once a stream.', ({ peers }) => peers),
    figure('announces_total', 'Announces and answers of viewers.', ({ announces }) => announces),
    figure('passed_on_total', 'Offers and answers passed on.', ({ passedOn }) => passedOn),
    figure('refused_total', 'Announces, and connections, refused.', ({ refused }) => refused),
  ];
}

/** What a magnetizer does; all is 0 while there is none. */
export function magnetizerFigures(stats: () => ReturnType<MagnetizerFigures['stats']> | undefined): Figure[] {
  const figure = (
    name: string,
    help: string,
    value: (stats: ReturnType<MagnetizerFigures['stats']>) => number,
  ): Figure => ({
    name: `live_torrent_magnetizer_${name}`,
    help,
    value: () => {
      const now = stats();
      return now ? value(now) : 0;
    },
  });
  return [
    figure('playlists_total', 'Playlists that came through.', ({ playlists }) => playlists),
    figure(
      'incomplete_total',
      'Playlists that went out before all their segments were hashed.',
      ({ incomplete }) => incomplete,
    ),
    figure('held_seconds_total', 'How long playlists were held for hashes.', ({ heldMs }) => heldMs / 1000),
    figure(
      'segments_hashed_total',
      'Segments read and hashed by this process.',
      ({ segmentsHashed }) => segmentsHashed,
    ),
    figure('segment_bytes_read_total', 'Bytes read for that.', ({ segmentBytesRead }) => segmentBytesRead),
    figure('failures_total', 'Segments that could not be read or hashed; each try counts.', ({ failures }) => failures),
    figure('deferred_total', 'Segments that found the queue full.', ({ deferred }) => deferred),
    figure('pending', 'Segments that wait or are read now.', ({ pending }) => pending),
    figure('shared_hits_total', 'Hashes that came from the shared cache.', ({ sharedHits }) => sharedHits),
    figure(
      'cache_failures_total',
      'Calls of the shared cache that failed or were too late.',
      ({ cacheFailures }) => cacheFailures,
    ),
  ];
}
