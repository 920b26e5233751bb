import { stat } from 'node:fs/promises';
import { createMetrics } from '@live-torrent/metrics';
import { AnnounceTokens, createTracker } from '@live-torrent/tracker';
import { figuresOf, processFigures } from './figures.js';
import { FilmSource } from './film/film-source.js';
import { FolderSource } from './folder/folder-source.js';
import { announceUrls } from './http/announce-urls.js';
import { readTls } from './http/tls-files.js';
import type { CliOptions } from './options.js';
import { Page } from './page/page.js';
import { LiveTorrentServer } from './server.js';
import { createCounters, type Log, type Source, type SourceContext } from './source.js';
import { openSharedCache } from './upstream/shared-cache.js';
import { UpstreamSource } from './upstream/upstream-source.js';

/**
 * Puts a server together as the command line asks for; it starts with `listen()`.
 * @param clock Steady, ms.
 * @throws {Failure} naming the file that cannot be read.
 */
export async function createServer(
  options: CliOptions,
  log: Log,
  clock = (): number => performance.now(),
): Promise<LiveTorrentServer> {
  const { host, port, publicOrigin, announce, trackerSecret, ice, site, tls } = options;
  const tokens = trackerSecret === undefined ? undefined : new AnnounceTokens(trackerSecret, Date.now);
  const tracker = createTracker({ streams: [], ...(trackerSecret !== undefined && { secret: trackerSecret }) });
  const counters = createCounters();
  let source: Source | undefined;
  const metrics = createMetrics({ tracker, figures: [...figuresOf(counters, () => source), ...processFigures()] });
  const byHost = publicOrigin === undefined && announce.length === 0 && tokens === undefined;
  const context: SourceContext = {
    counters,
    log,
    now: () => Date.now(),
    clock,
    // Playlists are cached and public: no token in them, and no tracker that is of no use without one.
    announce: (viewer) => (tokens === undefined ? announceUrls(announce, viewer) : []),
    byHost,
    onStream: (stream) => {
      tracker.allow(stream);
      metrics.allow(stream, stream);
    },
  };
  source = await createSource(options, context);
  return new LiveTorrentServer({
    source,
    metrics,
    tracker,
    page: site ? new Page() : undefined,
    counters,
    host,
    port,
    publicOrigin,
    byHost,
    tls: tls && (await readTls(tls)),
    announce,
    tokens,
    ice,
    warn: log.warn,
  });
}

async function createSource(options: CliOptions, context: SourceContext): Promise<Source> {
  const { url, folder, loop, wait, parts, refresh, allowHosts, headers } = options;
  if (url !== undefined) {
    const cache = options.cache === undefined ? undefined : await openSharedCache(options.cache, context.log);
    const upstream = { url: url.href, wait, parts, refresh: refresh * 1000, allowHosts, headers, cache };
    return new UpstreamSource({ ...context, ...upstream });
  }
  if (folder === undefined) throw new TypeError('neither url nor folder');
  const isFile = await stat(folder).then(
    (found) => found.isFile(),
    () => false,
  );
  return isFile ? new FilmSource({ ...context, film: folder, loop }) : new FolderSource({ ...context, folder, loop });
}
