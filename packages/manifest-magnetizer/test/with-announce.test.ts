import fc from 'fast-check';
import { annotatePlaylist, withAnnounce } from '../src/index.js';

const stream = 'ab'.repeat(20);
const announces = fc.array(fc.webUrl({ withQueryParameters: true }), { maxLength: 4 });

describe('other trackers in the stream line', () => {
  it('stand there as if the playlist had been annotated with them, and nothing else changes', () => {
    const parts = fc.constantFrom(
      '#EXTM3U\n',
      '#EXTM3U\r\n',
      '\n',
      '# c\n',
      '###live-torrent:x\n',
      '#EXTINF:2,\na.ts\n',
      '#EXT-X-TARGETDURATION:2\n',
      '\u00e4\r',
      'x'.repeat(5000),
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 8 }), announces, announces, fc.boolean(), (lines, a, b, asBytes) => {
        const text = `#EXTM3U\n${lines.join('')}`;
        const playlist = asBytes ? new TextEncoder().encode(text) : text;
        const annotated = (announce: string[]): string | Uint8Array =>
          annotatePlaylist(playlist, () => undefined, { stream, announce });
        expect(withAnnounce(annotated(a), b)).toEqual(annotated(b));
      }),
    );
  });

  it.each(['', 'x', '#EXTM3U', '#EXTM3U\n', '#EXTM3U\n###live-torrent:?v=2&stream=x\n', '###live-torrent:'])(
    'are in no playlist without the line: %j',
    (text) => {
      expect(withAnnounce(text, ['ws://a/'])).toBe(text);
    },
  );
});
