import type { IncomingMessage, ServerResponse } from 'node:http';
import fc from 'fast-check';
import { serve as listening } from '../../../harness/serve.mjs';
import { createMetrics, type MetricsOptions } from '../src/index.js';

const LIVE = 'https://media.example.org/live.m3u8';
/** SHA-1 of that. */
const ID = 'f6a7abd1b2b1f9a5a1d3e0a9a4c2c2f5f0e7e7a1';
const report = (more: object = {}): string => JSON.stringify({ v: 1, stream: ID, seconds: 60, ...more });

/** What Prometheus reads: series by name and labels. @throws Error where a line is none of its text format */
function read(text: string): Map<string, number> {
  const series = new Map<string, number>();
  for (const line of text.trimEnd().split('\n')) {
    if (/^(# (HELP|TYPE) [a-z_0-9]+ .*)?$/.test(line)) continue;
    const [, name, value] = /^([a-z_0-9]+(?:\{(?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*\})?) (\S+)$/.exec(line) ?? [];
    if (name === undefined || Number.isNaN(Number(value)) || series.has(name)) throw new Error(`bad line: ${line}`);
    series.set(name, Number(value));
  }
  return series;
}

const made = (options: MetricsOptions = {}) => createMetrics({ streams: { live: ID }, ...options });

describe('metrics', () => {
  it('adds up what pages report, by stream and source', async () => {
    const metrics = made();
    const bytes = { peers: 300, origin: 100, uploaded: 50, helper: 7 };
    const segments = { peers: 3, origin: 1, mixed: 0, late: 1 };
    for (let i = 0; i < 2; i++)
      metrics.report(
        report({ bytes, segments, stalls: 1, stalledMs: 500, links: 4, badPieces: 2, joinedMs: i ? 3_000 : undefined }),
      );
    const series = read(await metrics.text());
    const of = (name: string, labels = ''): number | undefined =>
      series.get(`live_torrent_viewer_${name}{stream="live"${labels}}`);
    expect(of('bytes_total', ',source="peers"')).toBe(600);
    expect(of('bytes_total', ',source="origin"')).toBe(200);
    expect(of('bytes_total', ',source="helper"')).toBe(14);
    expect(of('uploaded_bytes_total')).toBe(100);
    expect(of('segments_total', ',source="peers"')).toBe(6);
    expect(of('late_segments_total')).toBe(2);
    expect(of('stalls_total')).toBe(2);
    expect(of('stalled_seconds_total')).toBe(1);
    expect(of('seconds_total')).toBe(120);
    expect(of('link_seconds_total')).toBe(480);
    expect(of('bad_pieces_total')).toBe(4);
    expect(of('join_seconds_count')).toBe(1);
    expect(series.get('live_torrent_viewer_join_seconds_bucket{le="4",stream="live"}')).toBe(1);
    expect(series.get('live_torrent_reports_total{result="taken"}')).toBe(2);
  });

  it('names streams by URL, name or id', async () => {
    const metrics = createMetrics({ streams: { url: LIVE, name: 'channel-7' } });
    const { streamId } = await import('@live-torrent/manifest-magnetizer');
    for (const stream of [LIVE, 'channel-7']) metrics.report(report({ stream: streamId(stream) }));
    const series = read(await metrics.text());
    for (const label of ['url', 'name'])
      expect(series.get(`live_torrent_viewer_seconds_total{stream="${label}"}`)).toBe(60);
  });

  it('whatever pages send, has no more series, and stays in the format', async () => {
    const metrics = made();
    metrics.report(report());
    const other = 'cd'.repeat(20);
    metrics.report(report({ stream: other }));
    metrics.report('not one');
    const before = [...read(await metrics.text()).keys()];
    const anything = fc.record({
      v: fc.constant(1),
      stream: fc.oneof(fc.constant(ID), fc.stringMatching(/^[0-9a-f]{40}$/), fc.string()),
      seconds: fc.oneof(fc.double(), fc.constant(60)),
      bytes: fc.anything(),
      segments: fc.anything(),
      joinedMs: fc.anything(),
    });
    fc.assert(
      fc.property(fc.oneof(anything, fc.anything()), (message) => {
        metrics.report(JSON.stringify(message) ?? '');
      }),
      { numRuns: 2_000 },
    );
    for (let i = 0; i < 5_000; i++) metrics.report(report({ stream: i.toString(16).padStart(40, '0') }));
    const series = read(await metrics.text());
    expect([...series.keys()].filter((name) => !before.includes(name) && !/_join_seconds_/.test(name))).toEqual([]);
    expect([...series.keys()].filter((name) => !name.startsWith('live_torrent_'))).toEqual([]);
    expect([...series.values()].every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
    expect(series.size).toBeLessThan(100);
  });

  it('no series runs down: what is reported only adds', async () => {
    const metrics = made();
    metrics.report(report({ bytes: { peers: 5 } }));
    metrics.report(report({ bytes: { peers: -5 } }));
    expect(read(await metrics.text()).get('live_torrent_viewer_bytes_total{stream="live",source="peers"}')).toBe(5);
  });

  it('has figures of its own for a thousand streams at most', async () => {
    const metrics = createMetrics();
    const idOf = (i: number): string => i.toString(16).padStart(40, '0');
    for (let i = 0; i < 1_005; i++) metrics.allow(`s${i}`, idOf(i));
    for (let i = 0; i < 1_005; i++) metrics.report(report({ stream: idOf(i) }));
    const series = read(await metrics.text());
    const labels = [...series.keys()].filter((name) => name.startsWith('live_torrent_viewer_seconds_total'));
    expect(labels).toHaveLength(1_001);
    expect(series.get('live_torrent_viewer_seconds_total{stream="other"}')).toBe(5 * 60);
  });

  it('shows what tracker and magnetizer do, asked when somebody looks, and figures of others', async () => {
    const stats = { connections: 3, streams: 1, peers: 2, announces: 10, passedOn: 4, refused: 1 };
    const magnetizer = {
      playlists: 9,
      incomplete: 1,
      heldMs: 1500,
      segmentsHashed: 5,
      segmentBytesRead: 50,
      failures: 0,
      deferred: 0,
      pending: 0,
      sharedHits: 7,
      cacheFailures: 0,
    };
    const figures = [{ name: 'site_sessions', help: 'Ours.', value: () => 12 }];
    const metrics = made({ tracker: { stats }, magnetizer: { stats: () => magnetizer }, figures });
    const series = read(await metrics.text());
    expect(series.get('live_torrent_tracker_peers')).toBe(2);
    expect(series.get('live_torrent_tracker_announces_total')).toBe(10);
    expect(series.get('live_torrent_magnetizer_held_seconds_total')).toBe(1.5);
    expect(series.get('live_torrent_magnetizer_shared_hits_total')).toBe(7);
    expect(series.get('site_sessions')).toBe(12);
    Object.assign(stats, { announces: 15 });
    expect(read(await metrics.text()).get('live_torrent_tracker_announces_total')).toBe(15);
  });
});

describe('over HTTP', () => {
  async function serve(
    handler: (req: IncomingMessage, res: ServerResponse) => void,
    use: (url: string) => Promise<void>,
  ): Promise<void> {
    const { url, close } = await listening(handler);
    try {
      await use(url);
    } finally {
      await close();
    }
  }

  const bodies = [
    ['a report', report(), 204],
    ['none', 'x', 400],
    ['more than a report is long', 'x'.repeat(100_000), 413],
  ] as const;

  it.each(bodies)('collect answers %s with a status, and nothing else', async (_, body, status) => {
    const metrics = made();
    await serve(metrics.collect, async (url) => {
      const response = await fetch(url, { method: 'POST', body });
      expect([response.status, await response.text()]).toEqual([status, '']);
      expect((await fetch(url)).status).toBe(405);
    });
    expect((await metrics.fetchCollect(new Request('http://a/', { method: 'POST', body }))).status).toBe(status);
    expect((await metrics.fetchCollect(new Request('http://a/'))).status).toBe(405);
  });

  it('takes what a body parser in front has read', async () => {
    const metrics = made();
    await serve(
      (req, res) => {
        let body = '';
        req.on('data', (part) => {
          body += part;
        });
        req.on('end', () => setImmediate(() => metrics.collect(Object.assign(req, { body }), res)));
      },
      async (url) => expect((await fetch(url, { method: 'POST', body: report() })).status).toBe(204),
    );
  });

  it('serve answers in the text format of Prometheus', async () => {
    const metrics = made();
    await serve(metrics.serve, async (url) => {
      const response = await fetch(url);
      expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
      read(await response.text());
    });
    const response = await metrics.fetchServe();
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
  });

  it('takes so many reports at once, and so many a second after that', async () => {
    let now = 0;
    const metrics = made({ clock: () => now });
    const send = async (): Promise<number> =>
      (await metrics.fetchCollect(new Request('http://a/', { method: 'POST', body: report() }))).status;
    const sent = async (count: number): Promise<number> => {
      let taken = 0;
      for (let i = 0; i < count; i++) if ((await send()) === 204) taken++;
      return taken;
    };
    expect(await sent(2_100)).toBe(2_000);
    now += 50;
    expect(await sent(100)).toBe(50);
    expect(await send()).toBe(429);
    expect(read(await metrics.text()).get('live_torrent_reports_total{result="surplus"}')).toBe(151);
  });
});
