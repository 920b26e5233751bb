import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createMetrics } from '@live-torrent/metrics';
import { createTracker } from '@live-torrent/tracker';
import { processFigures } from '../figures.js';
import { isLoopbackHost, urlHost } from '../http/authority.js';
import { Connections } from '../http/connections.js';
import { listen, portOf } from '../http/listen.js';
import { sendJson, sendText } from '../http/send.js';
import { readTls } from '../http/tls-files.js';
import type { Printer } from '../terminal.js';
import type { TrackerCommandOptions } from './tracker-options.js';

/**
 * A tracker until the process is asked to stop. At any path: its server has nothing else to do.
 * @throws {Failure} naming the port or address that cannot be had, or the file that cannot be read
 */
export async function runTracker(options: TrackerCommandOptions, printer: Printer): Promise<void> {
  const { streams, secret, connections: maxConnections, host, port } = options;
  const stopped = printer.stopped();
  const tls = options.tls && (await readTls(options.tls));
  const tracker = createTracker({
    maxConnections,
    ...(streams !== undefined && { streams }),
    ...(secret !== undefined && { secret }),
  });
  const metrics = createMetrics({ tracker, figures: processFigures() });
  const answer = (req: IncomingMessage, res: ServerResponse): void => {
    connections.asks(req.socket);
    if (req.method !== 'GET' && req.method !== 'HEAD') sendText(res, 405, 'a tracker: connect by WebSocket');
    else if (req.url === '/metrics') metrics.serve(req, res);
    else if (req.url === '/stats.json') sendJson(res, { tracker: tracker.stats });
    else sendText(res, 404, 'a tracker: connect by WebSocket');
  };
  const server = tls
    ? createHttpsServer({ ...Connections.options, ...tls }, answer)
    : createHttpServer(Connections.options, answer);
  const connections = new Connections(server);
  server.on('upgrade', (req, socket, head) => {
    connections.asks(req.socket);
    tracker.upgrade(req, socket, head);
  });
  try {
    await listen(server, host, port, (line) => printer.err(`live-torrent: ${line}`));
    printer.out(`tracker  ${tls ? 'wss' : 'ws'}://${urlHost(host)}:${portOf(server)}/`);
    if (!tls && !isLoopbackHost(host))
      printer.out('Pages on HTTPS reach wss: only: give --tls-cert and --tls-key, or put it behind a proxy.');
    await stopped;
  } finally {
    // The port is free before the last connection is gone: the next one may listen there.
    const closed = new Promise((resolve) => server.close(resolve));
    tracker.close();
    connections.cutAllBut([]);
    await closed;
  }
}
