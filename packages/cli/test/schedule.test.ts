import fc from 'fast-check';
import { type FolderSegment, isContinuous } from '../src/folder/folder-segment.js';
import { LiveWindow, WINDOW_SEGMENTS } from '../src/folder/live-window.js';
import { END_AFTER, FeedSchedule, PacedSchedule, type Schedule } from '../src/folder/schedule.js';

function segment(name: string, start: number, duration: number, more: Partial<FolderSegment> = {}): FolderSegment {
  const uri = `segments/${name}`;
  const times = { start, end: start + duration, duration, timestamps: true };
  return { name, uri, container: 'ts', map: undefined, mtimeMs: 0, size: 0, makeup: {}, ...times, ...more };
}

/** Segments that follow each other on one timeline. */
function folder(durations: readonly number[]): FolderSegment[] {
  let start = 10;
  return durations.map((duration, i) => {
    const next = segment(`${i}.ts`, start, duration);
    start += duration;
    return next;
  });
}

const nothing = (): boolean => false;
const uris = (schedule: Schedule): string[] => schedule.window.segments.map(({ name }) => name.replace('.ts', ''));

describe('a folder that is filled from a film', () => {
  const [a, b, c, d] = folder([2, 2, 2, 2]) as [FolderSegment, FolderSegment, FolderSegment, FolderSegment];

  it('does not end while it is filled, however long that takes, and ends at once after its last segment', () => {
    const schedule = new PacedSchedule(false, true);
    schedule.add([a, b, c], 0);
    schedule.advance(0);
    schedule.advance(10 * END_AFTER);
    expect(schedule.window.ended).toBe(false);
    schedule.add([d], 10 * END_AFTER);
    schedule.finish();
    schedule.advance(10 * END_AFTER + 4000);
    expect(uris(schedule)).toEqual(['0', '1', '2', '3']);
    expect(schedule.window.ended).toBe(true);
  });

  it('begins again only when all of it has been played', () => {
    const schedule = new PacedSchedule(true, true);
    schedule.add([a, b], 0);
    schedule.advance(60_000);
    expect(uris(schedule)).toEqual(['0', '1']);
    schedule.add([c], 60_000);
    schedule.finish();
    schedule.advance(64_000);
    expect(uris(schedule).slice(0, 4)).toEqual(['0', '1', '2', '0']);
  });
});

describe('a Media Playlist', () => {
  it('is written as RFC 8216 has it', () => {
    const window = new LiveWindow(3);
    for (const each of folder([1.5, 2, 2.4])) window.push(each);
    window.push(segment('again.ts', 10, 1));
    window.ended = true;
    expect(window.toString()).toBe(`#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:1
#EXTINF:2.000000,
segments/1.ts
#EXTINF:2.400000,
segments/2.ts
#EXT-X-DISCONTINUITY
#EXTINF:1.000000,
segments/again.ts
#EXT-X-ENDLIST
`);
  });

  it('names the initialization section of fMP4 again after each discontinuity', () => {
    const window = new LiveWindow();
    const fmp4 = { container: 'fmp4', map: 'segments/init.mp4' } as const;
    window.push(segment('a.m4s', 0, 1, fmp4));
    window.push(segment('b.m4s', 1, 1, fmp4));
    window.push(segment('a.m4s', 0, 1, fmp4));
    expect(window.toString()).toBe(`#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:1
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-MAP:URI="segments/init.mp4"
#EXTINF:1.000000,
segments/a.m4s
#EXTINF:1.000000,
segments/b.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="segments/init.mp4"
#EXTINF:1.000000,
segments/a.m4s
`);
  });

  it('has a discontinuity where times jump, containers or initialization sections change, not where the clock wraps', () => {
    const wrap = 2 ** 33 / 90_000;
    expect(isContinuous(segment('a', 0, 2), segment('b', 2.04, 2))).toBe(true);
    expect(isContinuous(segment('a', 0, 2), segment('b', 3, 2))).toBe(false);
    expect(isContinuous(segment('a', wrap - 2, 2), segment('b', 0.02, 2))).toBe(true);
    expect(isContinuous(segment('a', 0, 2), segment('b', 2, 2, { container: 'fmp4', map: 'i' }))).toBe(false);
  });

  it('has a discontinuity where packed audio without timestamps begins again by its names', () => {
    const sound = { container: 'aac', timestamps: false } as const;
    expect(isContinuous(segment('9.aac', 0, 2, sound), segment('10.aac', 0, 2, sound))).toBe(true);
    expect(isContinuous(segment('10.aac', 0, 2, sound), segment('0.aac', 0, 2, sound))).toBe(false);
    const timed = { container: 'aac' } as const;
    expect(isContinuous(segment('a.aac', 0, 2, timed), segment('b.aac', 2, 2, timed))).toBe(true);
    expect(isContinuous(segment('a.aac', 0, 2, timed), segment('b.aac', 20, 2, timed))).toBe(false);
  });

  it('has a discontinuity where subtitles go back in time, not where nobody speaks', () => {
    const text = { container: 'vtt' } as const;
    expect(isContinuous(segment('a.vtt', 0, 2, text), segment('b.vtt', 60, 2, text))).toBe(true);
    expect(isContinuous(segment('a.vtt', 60, 2, text), segment('b.vtt', 0, 2, text))).toBe(false);
  });
});

describe('a folder that is looped', () => {
  it('starts with a full window and goes on in real time, a discontinuity at the seam', () => {
    const schedule = new PacedSchedule(true);
    schedule.add(folder(Array(8).fill(2)), 1000);
    schedule.advance(1000);
    expect(uris(schedule)).toEqual(['0', '1', '2', '3', '4', '5']);
    schedule.advance(2999);
    expect(schedule.window.mediaSequence).toBe(0);
    schedule.advance(3000);
    expect(uris(schedule)).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(schedule.upcoming(3).map(({ name }) => name)).toEqual(['7.ts', '0.ts', '1.ts']);
    schedule.advance(9000);
    expect(uris(schedule)).toEqual(['4', '5', '6', '7', '0', '1']);
    expect(schedule.window.toString()).toContain('#EXT-X-DISCONTINUITY\n#EXTINF:2.000000,\nsegments/0.ts');
    schedule.advance(17_000);
    expect(uris(schedule)).toEqual(['0', '1', '2', '3', '4', '5']);
    expect(schedule.window.discontinuitySequence).toBe(0);
    schedule.advance(19_000);
    expect(schedule.window.discontinuitySequence).toBe(1);
    expect(schedule.window.toString()).toContain('#EXT-X-DISCONTINUITY-SEQUENCE:1\n');
  });

  it('takes in what is added and leaves out what vanishes', () => {
    const schedule = new PacedSchedule(true);
    const [a, b, c] = folder([2, 2, 2]) as [FolderSegment, FolderSegment, FolderSegment];
    schedule.add([a, b], 0);
    schedule.advance(0);
    expect(uris(schedule)).toEqual(['0', '1', '0', '1', '0', '1']);
    schedule.add([c], 100);
    schedule.advance(2000);
    expect(uris(schedule).at(-1)).toBe('2');
    schedule.remove(({ name }) => name === '0.ts', nothing);
    schedule.advance(4000);
    expect(uris(schedule)).toEqual(['1', '2', '1']);
  });

  it('keeps every promise of a live playlist from reload to reload (RFC 8216 §6.2.2)', () => {
    const duration = fc.double({ min: 0.2, max: 6, noNaN: true });
    const steps = fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 60 });
    fc.assert(
      fc.property(fc.array(duration, { minLength: 1, maxLength: 12 }), steps, (durations, waits) => {
        const schedule = new PacedSchedule(true);
        schedule.add(folder(durations), 0);
        const numbered = new Map<number, string>();
        let now = 0;
        schedule.advance(now);
        let before = { mediaSequence: 0, discontinuitySequence: 0 };
        let edge = 0;
        for (const wait of waits) {
          now += wait;
          schedule.advance(now);
          const { mediaSequence, discontinuitySequence, segments, targetDuration } = schedule.window;
          expect(mediaSequence).toBeGreaterThanOrEqual(before.mediaSequence);
          expect(discontinuitySequence).toBeGreaterThanOrEqual(before.discontinuitySequence);
          expect(segments).toHaveLength(WINDOW_SEGMENTS);
          for (const [i, { uri, duration }] of segments.entries()) {
            expect(numbered.get(mediaSequence + i) ?? uri).toBe(uri);
            numbered.set(mediaSequence + i, uri);
            expect(Math.round(duration)).toBeLessThanOrEqual(targetDuration);
          }
          before = { mediaSequence, discontinuitySequence };
          edge = mediaSequence + segments.length - WINDOW_SEGMENTS;
        }
        // As much media has come as time has passed.
        const played = Array.from({ length: edge }, (_, i) => durations[(i + WINDOW_SEGMENTS) % durations.length] ?? 0);
        const total = played.reduce((a, b) => a + b, 0) * 1000;
        expect(total).toBeLessThanOrEqual(now + 1);
        expect(total).toBeGreaterThan(now - 6001);
      }),
    );
  });
});

describe('a folder that is played once', () => {
  it('starts at its beginning and ends with EXT-X-ENDLIST when nothing more comes', () => {
    const schedule = new PacedSchedule(false);
    schedule.add(folder(Array(5).fill(4)), 0);
    schedule.advance(0);
    expect(uris(schedule)).toEqual(['0', '1', '2']);
    schedule.advance(8000);
    expect(uris(schedule)).toEqual(['0', '1', '2', '3', '4']);
    schedule.advance(Math.max(12_000, END_AFTER) - 1);
    expect(schedule.window.ended).toBe(false);
    schedule.advance(Math.max(12_000, END_AFTER));
    expect(schedule.window.ended).toBe(true);
  });

  it('goes on with what is added before its end', () => {
    const schedule = new PacedSchedule(false);
    const all = folder(Array(4).fill(2));
    schedule.add(all.slice(0, 3), 0);
    schedule.advance(0);
    schedule.advance(10_000);
    schedule.add(all.slice(3), 10_000);
    schedule.advance(10_000);
    expect(uris(schedule)).toEqual(['0', '1', '2', '3']);
    expect(schedule.window.ended).toBe(false);
  });
});

describe('a folder that is written to', () => {
  it('shows each complete segment at once, the newest six', () => {
    const schedule = new FeedSchedule();
    const all = folder(Array(9).fill(2));
    schedule.add(all.slice(0, 2));
    expect(uris(schedule)).toEqual(['0', '1']);
    schedule.add(all.slice(2));
    expect(uris(schedule)).toEqual(['3', '4', '5', '6', '7', '8']);
    expect(schedule.window.mediaSequence).toBe(3);
  });

  it('takes a segment whose file has vanished out, with those before it', () => {
    const schedule = new FeedSchedule();
    schedule.add(folder(Array(6).fill(2)));
    schedule.remove(({ name }) => name === '1.ts', nothing);
    expect(uris(schedule)).toEqual(['2', '3', '4', '5']);
    expect(schedule.window.mediaSequence).toBe(2);
  });

  it('keeps a segment in the window whose file has vanished while viewers still get it', () => {
    const schedule = new FeedSchedule();
    schedule.add(folder(Array(6).fill(2)));
    schedule.remove(
      () => true,
      ({ name }) => name !== '0.ts',
    );
    expect(uris(schedule)).toEqual(['1', '2', '3', '4', '5']);
  });
});
