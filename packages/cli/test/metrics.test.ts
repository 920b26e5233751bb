import { readStream } from '@live-torrent/manifest-magnetizer';
import { runCli } from '../../../test/support/run-cli.js';

it('pages report to /report, and /metrics has it by stream, beside what the server does', async () => {
  const cli = runCli(['-f', 'packages/cli/test/fixtures/ts', '-l', '-p', '0', '-s', 'false']);
  try {
    const origin = await cli.origin();
    const playlist = await (await fetch(`${origin}/manifest.m3u8`)).text();
    const { stream } = readStream(playlist) ?? {};
    const post = async (body: object): Promise<number> =>
      (await fetch(`${origin}/report`, { method: 'POST', body: JSON.stringify(body) })).status;
    const report = { v: 1, stream, seconds: 60, bytes: { peers: 900 } };
    expect([await post(report), await post({ ...report, stream: '00'.repeat(20) }), await post({})]).toEqual([
      204, 204, 400,
    ]);
    expect((await fetch(`${origin}/report`)).status).toBe(405);
    expect((await fetch(`${origin}/manifest.m3u8`, { method: 'POST' })).status).toBe(405);
    const response = await fetch(`${origin}/metrics`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await response.text();
    for (const line of [
      `live_torrent_viewer_bytes_total{stream="${stream}",source="peers"} 900`,
      'live_torrent_viewer_bytes_total{stream="other",source="peers"} 900',
      'live_torrent_reports_total{result="bad"} 1',
      'live_torrent_server_playlists_total 1',
      'live_torrent_tracker_peers 0',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    const { segmentsHashed } = (await (await fetch(`${origin}/stats.json`)).json()) as { segmentsHashed: number };
    expect(text).toContain(`live_torrent_magnetizer_segments_hashed_total ${segmentsHashed}\n`);
    expect(text).not.toMatch(/nodejs|version_info/);
  } finally {
    await cli.stop();
  }
});
