import { createMagnetizer, readStream, withAnnounce } from '@live-torrent/manifest-magnetizer';
import type { UpstreamPlaylist } from '../src/upstream/upstream-playlist.js';
import { ViewerForms } from '../src/upstream/viewer-forms.js';
import { media } from './support/handlers.js';

const URL_ = 'http://h/live.m3u8';
const version = (segments: number): UpstreamPlaylist => ({
  url: URL_,
  bytes: Buffer.from(media(Array.from({ length: segments }, (_, i) => `#EXTINF:2,\n${i}.ts\n`).join(''))),
  headers: new Map(),
  at: 0,
  condition: {},
});

function formsAt(clock: { now: number }): { forms: ViewerForms; counts: { rewritten: number; magnetized: number } } {
  const counts = { rewritten: 0, magnetized: 0 };
  const magnetizer = createMagnetizer({ readSegment: async () => ({ bytes: new Uint8Array(1) }), timeBudget: 0 });
  const forms = new ViewerForms({
    magnetizer: {
      ...magnetizer,
      magnetize: (...args) => {
        counts.magnetized++;
        return magnetizer.magnetize(...args);
      },
    },
    clock: () => clock.now,
    rewrite: (_, { bytes }) => {
      counts.rewritten++;
      return bytes;
    },
    importedBy: () => undefined,
  });
  return { forms, counts };
}

describe('what viewers get of a version', () => {
  const named = { url: URL_, directives: '' };

  it('is rewritten once for all who fetch the same directly, and once more for others', async () => {
    const { forms, counts } = formsAt({ now: 0 });
    const playlist = version(5);
    await forms.prepare(named, playlist);
    for (let i = 0; i < 3; i++) await forms.get(named, playlist, new Set());
    expect(counts.rewritten).toBe(1);
    await forms.get(named, playlist, new Set(['http://a']));
    // The next version is prepared for such.
    await forms.prepare(named, version(6));
    await forms.get(named, playlist, new Set());
    expect(counts.rewritten).toBe(3);
  });

  it('is magnetized again after a time that grows with it: half a millisecond a kilobyte', async () => {
    const clock = { now: 0 };
    const { forms, counts } = formsAt(clock);
    const playlist = version(20_000);
    const reused = playlist.bytes.length / 2000;
    expect(reused).toBeGreaterThan(100);
    for (const now of [0, reused / 2, reused - 1, reused + 1]) {
      clock.now = now;
      await forms.get(named, playlist, new Set());
    }
    expect(counts).toEqual({ rewritten: 1, magnetized: 2 });
  });

  it('names the trackers of each viewer', async () => {
    const { forms } = formsAt({ now: 0 });
    const bytes = await forms.get(named, version(5), new Set());
    expect(readStream(bytes)?.announce).toEqual([]);
    for (const announce of [['ws://a/'], ['wss://b/?x=ü', 'ws://c']]) {
      expect(readStream(withAnnounce(bytes, announce))?.announce).toEqual(announce);
    }
    expect(Buffer.compare(withAnnounce(withAnnounce(bytes, ['ws://a/']), []), bytes)).toBe(0);
  });
});
