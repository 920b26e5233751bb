import type { FolderSegment } from '../src/folder/folder-segment.js';
import { FollowingSchedule } from '../src/folder/following-schedule.js';
import { InitSections } from '../src/folder/init-sections.js';
import { readListedSegments } from '../src/folder/listed-segments.js';
import { multivariantPlaylist } from '../src/folder/multivariant.js';
import { FeedSchedule, PacedSchedule } from '../src/folder/schedule.js';
import { seriesChoices, seriesKey } from '../src/folder/series.js';
import { areSideBySide, isSequence, type SampledSeries } from '../src/folder/side-by-side.js';

const video = { video: { codec: 'avc1.64001f', width: 1280, height: 720 } };
const audio = { audio: { codec: 'mp4a.40.2', channels: 2, language: undefined } };

function segment(name: string, start: number, duration: number, more: Partial<FolderSegment> = {}): FolderSegment {
  const times = { start, end: start + duration, duration, timestamps: true };
  return { name, uri: name, container: 'ts', map: undefined, mtimeMs: 0, size: 0, makeup: video, ...times, ...more };
}

const files = (names: readonly string[], mtimes: readonly number[] = []) =>
  names.map((name, i) => ({ name, size: 1, mtimeMs: mtimes[i] ?? 0, ctimeMs: 0 }));

describe('the series of a name', () => {
  it('has all numbers but one, and none of folders and extensions', () => {
    expect(seriesKey('a/1/cam1-0.m2ts')).toBe('a/1/cam1-*.m2ts');
    expect(seriesKey('seg-1-v1-a1.ts', 2)).toBe('seg-*-v1-a1.ts');
    expect(seriesKey('intro.mp4')).toBe('intro.mp4');
  });

  it('counts by the number that makes the fewest, else by the last', () => {
    const keys = (names: readonly string[]) => seriesChoices(files(names))[0]?.series.map(({ key }) => key);
    expect(keys(['seg-1-v1.ts', 'seg-2-v1.ts', 'seg-3-v1.ts', 'seg-1-v2.ts', 'seg-2-v2.ts', 'seg-3-v2.ts'])).toEqual([
      'seg-*-v1.ts',
      'seg-*-v2.ts',
    ]);
    expect(keys(['c1-0.ts', 'c1-1.ts', 'c2-0.ts', 'c2-1.ts'])).toEqual(['c1-*.ts', 'c2-*.ts']);
  });
});

describe('two series are side by side', () => {
  const series = (name: string, samples: readonly FolderSegment[], mtimes: readonly number[] = []): SampledSeries => ({
    key: name,
    files: files(
      samples.map((_, i) => `${name}${i}`),
      mtimes,
    ),
    samples,
  });
  const run = (name: string, from: number, more = {}) => [0, 1, 2].map((i) => segment(name, from + 2 * i, 2, more));

  it('when one is sound, the other pictures', () => {
    expect(areSideBySide(series('a', run('a', 0)), series('b', run('b', 90, { makeup: audio })))).toBe(true);
  });

  it('when their times are the same, not when one goes on after the other', () => {
    expect(areSideBySide(series('a', run('a', 0)), series('b', run('b', 0.1)))).toBe(true);
    expect(areSideBySide(series('a', run('a', 0)), series('b', run('b', 6)))).toBe(false);
  });

  it('when they are written in turns, as fast as they play', () => {
    const [a, b] = [run('a', 0), run('b', 600)];
    expect(areSideBySide(series('a', a, [0, 2000, 4000]), series('b', b, [100, 2100, 4100]))).toBe(true);
    expect(areSideBySide(series('a', a, [0, 2000, 4000]), series('b', b, [6000, 8000, 10_000]))).toBe(false);
    // Copied in any order.
    expect(areSideBySide(series('a', a, [0, 2, 4]), series('b', b, [1, 3, 5]))).toBe(false);
  });

  it('and not one series, when they are told by the wrong number', () => {
    expect(isSequence(series('0-', [segment('0-0', 0, 2), segment('0-1', 0, 2)]))).toBe(false);
    expect(isSequence(series('0-', [segment('0-0', 0, 2), segment('0-1', 2, 2)]))).toBe(true);
  });
});

describe('the initialization section of a segment', () => {
  const of = (inits: readonly string[], name: string, named?: string): string | undefined => {
    const sections = new InitSections();
    for (const init of inits) sections.add({ name: init, uri: init, mtimeMs: 0, bytes: new Uint8Array() });
    return sections.for({ name, mtimeMs: 1 }, named)?.name;
  };

  it('has words of its name, or is in its folder, or is the one that a playlist names', () => {
    expect(of(['init-stream0.m4s', 'init-stream1.m4s'], 'chunk-stream1-00001.m4s')).toBe('init-stream1.m4s');
    expect(of(['audio_init.mp4', 'video_init.mp4'], 'audio_7.m4s')).toBe('audio_init.mp4');
    expect(of(['a/init.mp4', 'b/init.mp4'], 'a/1.m4s')).toBe('a/init.mp4');
    expect(of(['init_0.mp4', 'init_1.mp4'], 's_00.m4s', 'init_1.mp4')).toBe('init_1.mp4');
    expect(of(['init_0.mp4', 'init_1.mp4'], 'out_1_0.m4s')).toBe('init_1.mp4');
  });
});

describe('a rendition that follows another', () => {
  const sound = (name: string, start: number, duration: number) => segment(name, start, duration, { makeup: audio });
  const names = (schedule: { window: { segments: readonly FolderSegment[] } }) =>
    schedule.window.segments.map(({ name }) => name);

  it('waits for the time of the other, and leaves with it', () => {
    const lead = new FeedSchedule();
    const follower = new FollowingSchedule(lead, 'written');
    follower.add([0, 1, 2, 3].map((i) => sound(`a${i}`, 2 * i, 2)));
    lead.add([segment('v0', 0, 2), segment('v1', 2, 2)]);
    follower.advance();
    expect(names(follower)).toEqual(['a0', 'a1', 'a2']);
    lead.add([2, 3, 4, 5, 6, 7].map((i) => segment(`v${i}`, 2 * i, 2)));
    follower.add([4, 5, 6, 7].map((i) => sound(`a${i}`, 2 * i, 2)));
    follower.advance();
    expect(names(follower)[0]).toBe('a2');
    expect(follower.window.mediaSequence).toBe(2);
  });

  it('has the discontinuities of the other: a restart, whoever is first, not what it lacks itself', () => {
    const lead = new FeedSchedule();
    const follower = new FollowingSchedule(lead, 'written');
    lead.add([segment('v0', 50, 2), segment('v1', 52, 2), segment('v2', 54, 2)]);
    // a1 is lost; b0 is the first of the new run and comes before that of the other.
    follower.add([sound('a0', 50, 2), sound('a2', 54, 2), sound('b0', 0, 2)]);
    follower.advance();
    expect(names(follower)).toEqual(['a0', 'a2']);
    lead.add([segment('w0', 0, 2)]);
    follower.advance();
    expect(names(follower)).toEqual(['a0', 'a2', 'b0']);
    const tags = (text: string) => text.match(/#EXT-X-DISCONTINUITY\n/g)?.length;
    expect([tags(lead.window.toString()), tags(follower.window.toString())]).toEqual([1, 1]);
    expect(follower.window.toString()).toMatch(/#EXT-X-DISCONTINUITY\n#EXTINF:2.000000,\nb0\n/);
  });

  it('loops with the other, and begins anew with it though it is longer', () => {
    const lead = new PacedSchedule(true);
    const follower = new FollowingSchedule(lead, 'loop');
    lead.add(
      [0, 1, 2, 3].map((i) => segment(`v${i}`, 2 * i, 2)),
      0,
    );
    follower.add([0, 1, 2, 3, 4, 5].map((i) => sound(`a${i}`, 2 * i, 2)));
    for (let now = 0; now <= 16_000; now += 500) {
      lead.advance(now);
      follower.advance();
    }
    expect(names(lead)).toEqual(['v0', 'v1', 'v2', 'v3', 'v0', 'v1']);
    expect(names(follower)).toEqual(['a0', 'a1', 'a2', 'a3', 'a4', 'a0', 'a1', 'a2']);
    expect(follower.window.discontinuitySequence).toBe(lead.window.discontinuitySequence);
  });

  it('survives the clock of MPEG-2, which starts anew after 26.5 h', () => {
    const wrap = 2 ** 33 / 90_000;
    const lead = new FeedSchedule();
    const follower = new FollowingSchedule(lead, 'written');
    lead.add([segment('v0', wrap - 2, 2), segment('v1', 0, 2)]);
    follower.add([sound('a0', wrap - 2.02, 2), sound('a1', wrap - 0.02, 2), sound('a2', 1.98, 2)]);
    follower.advance();
    expect(names(follower)).toEqual(['a0', 'a1', 'a2']);
    expect(follower.window.toString()).not.toContain('DISCONTINUITY');
  });
});

describe('a Multivariant Playlist', () => {
  const variant = (name: string, makeup: object) => ({ name, uri: `${name}.m3u8`, makeup, peak: 1000, average: 500 });

  it('has pictures with sound of their own as they are, sound alone beside them as a variant', () => {
    const text = multivariantPlaylist([variant('v', { ...video, ...audio }), variant('a', audio)]);
    expect(text).not.toContain('EXT-X-MEDIA');
    expect(text).toContain('CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720\nv.m3u8\n');
    expect(text).toContain('CODECS="mp4a.40.2"\na.m3u8\n');
  });

  it('has a group for each codec of sound, and names no codec where one is unknown', () => {
    const other = { audio: { ...audio.audio, codec: 'ac-3', language: 'deu' } };
    const text = multivariantPlaylist([variant('v', video), variant('a', audio), variant('b', other)]);
    expect(text).toContain('GROUP-ID="audio-2",NAME="b",LANGUAGE="deu",DEFAULT=YES');
    expect(text.match(/BANDWIDTH=2000,AVERAGE-BANDWIDTH=1000,CODECS="avc1.64001f,(?:mp4a.40.2|ac-3)"/g)).toHaveLength(
      2,
    );
    const unknown = { video: { ...video.video, codec: undefined } };
    expect(multivariantPlaylist([variant('v', unknown)])).not.toContain('CODECS');
  });
});

describe('the segments that a playlist lists', () => {
  it('have their date counted on, their file whatever the URI is, and no line that is not finished', () => {
    const text = `#EXTM3U\r
#EXT-X-MAP:URI="init.mp4"\r
#EXT-X-PROGRAM-DATE-TIME:2026-11-29T08:00:00Z\r
#EXTINF:2.5,title\r
https://cdn.example/live/a%201.m4s?token=x\r
#EXT-X-DISCONTINUITY\r
#EXTINF:2,\r
sub/b.m4s\r
#EXTINF:2,\r
c.m4`;
    const date = Date.parse('2026-11-29T08:00:00Z');
    const common = { map: 'v/init.mp4', encrypted: false, ranged: false };
    expect(readListedSegments(text, 'v/')).toEqual([
      { name: 'v/a 1.m4s', duration: 2.5, discontinuity: false, date, ...common },
      { name: 'v/sub/b.m4s', duration: 2, discontinuity: true, date: date + 2500, ...common },
    ]);
  });
});
