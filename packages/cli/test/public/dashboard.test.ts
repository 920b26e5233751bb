import { readExposition, sumOf } from '../../public/exposition.js';
import { History } from '../../public/history.js';

const text = `# HELP live_torrent_viewer_bytes_total Payload bytes.
# TYPE live_torrent_viewer_bytes_total counter
live_torrent_viewer_bytes_total{stream="a",source="peers"} 900
live_torrent_viewer_bytes_total{stream="b \\"x\\", y",source="peers"} 1e2
live_torrent_viewer_bytes_total{stream="a",source="origin"} 50
live_torrent_tracker_peers 3
what is none
bad{x="1"} nothing
`;

describe('the figures of the dashboard', () => {
  it('are those of /metrics, summed over streams', () => {
    const samples = readExposition(text);
    expect(sumOf(samples, 'live_torrent_viewer_bytes_total', { source: 'peers' })).toBe(1000);
    expect(sumOf(samples, 'live_torrent_viewer_bytes_total')).toBe(1050);
    expect(sumOf(samples, 'live_torrent_tracker_peers')).toBe(3);
    expect([sumOf(samples, 'bad'), sumOf(samples, 'none')]).toEqual([0, 0]);
  });

  const counted = (values: readonly number[]): { history: History; of: (samples: { n: number }) => number } => {
    const history = new History();
    const of = ({ n }: { n: number }): number => n;
    for (const [i, n] of values.entries()) history.add(1000 + 20 * i, { n }, of);
    return { history, of };
  };

  it('grow as fast as in the minute before', () => {
    const { history, of } = counted([0, 100, 200, 300, 300, 300, 300]);
    expect(history.rates(of)).toEqual([null, 5, 5, 5, 200 / 60, 100 / 60, 0]);
  });

  it('begin anew with the process', () => {
    const { history, of } = counted([500, 600, 10, 30]);
    expect([history.values(of), history.rates(of)]).toEqual([
      [10, 30],
      [null, 1],
    ]);
  });

  it('are kept for a quarter of an hour', () => {
    const { history } = counted(Array.from({ length: 200 }, (_, i) => i));
    expect(history.times).toHaveLength(46);
  });
});
