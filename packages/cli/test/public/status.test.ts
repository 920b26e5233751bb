import { describe as inWords } from '../../public/status.js';

const stats: { enabled: boolean; reason: string | undefined; links: number; swarmSize: number } = {
  enabled: true,
  reason: undefined,
  links: 0,
  swarmSize: 1,
};
const quiet: Parameters<typeof inWords>[0] = {
  trouble: undefined,
  failure: undefined,
  settled: true,
  stats,
  minute: { peerBytes: 0, helperBytes: 0, originBytes: 9, uploadedBytes: 0 },
};

describe('the status line', () => {
  it('names a player that stands still before anything else', () => {
    expect(inWords({ ...quiet, trouble: 'No stream.', failure: 'x' })).toEqual({ tone: 'trouble', text: 'No stream.' });
  });

  it('says why there is no loader', () => {
    expect(inWords({ ...quiet, failure: 'it did not start', stats: undefined }).text).toMatch(
      /^P2P is off: it did not start/,
    );
  });

  it.each([
    'not-started',
    'disabled',
    'awaiting-consent',
    'no-webrtc',
    'no-crypto',
    'no-stream',
    'no-tracker',
    'save-data',
    'cellular',
    'low-battery',
    'asleep',
    'stopped',
  ])('has a sentence for the reason %s', (reason) => {
    const { text } = inWords({ ...quiet, stats: { ...stats, enabled: false, reason } });
    expect(text).toMatch(/^P2P .*plain HTTP\.$/);
    expect(text).not.toContain(reason);
  });

  it('does not blame the playlist before there was time to read one', () => {
    const starting = { ...quiet, stats: { ...stats, enabled: false, reason: 'no-stream' }, settled: false };
    expect(inWords(starting)).toEqual({ tone: 'wait', text: 'Starting …' });
  });

  it('names a reason that it does not know', () => {
    expect(inWords({ ...quiet, stats: { ...stats, enabled: false, reason: 'new' } }).text).toContain('(new)');
  });

  it('tells a lone viewer from one that is connecting', () => {
    expect(inWords(quiet).text).toContain('only viewer');
    expect(inWords({ ...quiet, stats: { ...stats, swarmSize: 3 } }).text).toBe('Connecting to 2 other viewers …');
  });

  it('gives the share of the last minute that came from peers', () => {
    const minute = { peerBytes: 3, helperBytes: 0, originBytes: 1, uploadedBytes: 5 };
    const linked = { ...stats, links: 1, swarmSize: 2 };
    expect(inWords({ ...quiet, stats: linked, minute })).toEqual({
      tone: 'peers',
      text: '75 % of the last minute came from 1 other viewer.',
    });
  });

  it('gives the one who fetches for others its due', () => {
    const minute = { peerBytes: 0, helperBytes: 0, originBytes: 9, uploadedBytes: 1_300_000 };
    const { text } = inWords({ ...quiet, stats: { ...stats, links: 2, swarmSize: 3 }, minute });
    expect(text).toBe('You passed on 1.3 MB to 2 other viewers in the last minute.');
  });
});
