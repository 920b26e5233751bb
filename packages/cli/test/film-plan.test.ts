import { byHand } from '../src/film/ffmpeg-arguments.js';
import { describePlan, longestKeyInterval, type Probe, planFilm, whyNoFilm } from '../src/film/film-plan.js';

type Stream = NonNullable<Probe['streams']>[number];

function probe(...streams: Omit<Stream, 'index'>[]): Probe {
  const format = { format_name: 'matroska,webm', duration: '100', size: '1000' };
  return { format, streams: streams.map((stream, index) => ({ ...stream, index })) };
}

const h264 = { codec_type: 'video', codec_name: 'h264', pix_fmt: 'yuv420p' };
const aac = { codec_type: 'audio', codec_name: 'aac' };

describe('a film', () => {
  it.each([
    ['H.264 and AAC', 2, [h264, aac], 'h264 as it is, aac as it is'],
    [
      'VP9 and Opus',
      2,
      [
        { codec_type: 'video', codec_name: 'vp9' },
        { codec_type: 'audio', codec_name: 'opus' },
      ],
      'vp9 as it is, opus encoded anew as AAC (not all browsers play it)',
    ],
    ['HEVC', 2, [{ codec_type: 'video', codec_name: 'hevc' }], 'hevc encoded anew as H.264 (not all browsers play it)'],
    [
      'H.264 with 10 bits',
      2,
      [{ ...h264, pix_fmt: 'yuv420p10le' }],
      'h264 encoded anew as H.264 (browsers play none with yuv420p10le pixels)',
    ],
    [
      'H.264 with 4:4:4',
      2,
      [{ ...h264, pix_fmt: 'yuv444p' }],
      'h264 encoded anew as H.264 (browsers play none with yuv444p pixels)',
    ],
    [
      'few key frames',
      15.6,
      [h264, aac],
      'h264 encoded anew as H.264 (its key frames are up to 16 s apart, and no segment may be that long), aac as it is',
    ],
    ['sound alone', 0, [aac], 'aac as it is'],
    [
      'a record and its cover',
      0,
      [
        { codec_type: 'video', codec_name: 'mjpeg', disposition: { attached_pic: 1 } },
        { codec_type: 'audio', codec_name: 'mp3' },
      ],
      'mp3 encoded anew as AAC (not all browsers play it)',
    ],
  ] as const)('with %s is copied as far as browsers play it', (_, keyInterval, streams, expected) => {
    expect(whyNoFilm(probe(...streams))).toBeUndefined();
    expect(describePlan(planFilm(probe(...streams), keyInterval))).toBe(expected);
  });

  it('is played with the sound that it marks as the default', () => {
    const plan = planFilm(
      probe({ codec_type: 'subtitle', codec_name: 'srt' }, aac, h264, { ...aac, disposition: { default: 1 } }),
      2,
    );
    expect([plan.video?.index, plan.sound?.index]).toEqual([2, 3]);
  });

  it('takes as much room as it has, and what is encoded anew at most 6 Mbit/s more', () => {
    expect(planFilm(probe(h264, aac), 2).bytes).toBe(1000);
    expect(planFilm(probe({ codec_type: 'video', codec_name: 'hevc' }), 2).bytes).toBe(1000 + (100 * 6_000_000) / 8);
  });

  it.each([
    [
      'a picture',
      { format: { format_name: 'png_pipe' }, streams: [{ index: 0, codec_type: 'video', codec_name: 'png' }] },
    ],
    ['a playlist, which names any files', { format: { format_name: 'hls' }, streams: [{ ...h264, index: 0 }] }],
    ['a list of files', { format: { format_name: 'concat' }, streams: [{ ...h264, index: 0 }] }],
    ['text', { format: { format_name: 'tty' }, streams: [{ index: 0, codec_type: 'video', codec_name: 'ansi' }] }],
    ['subtitles', { format: { format_name: 'matroska,webm' }, streams: [{ index: 0, codec_type: 'subtitle' }] }],
    ['nothing', {}],
  ])('is not %s', (_, probe) => {
    expect(whyNoFilm(probe)).toMatch(/^(is neither film nor sound|has neither pictures nor sound) \(/);
  });
});

describe('the time between key frames', () => {
  it.each([
    ['0.000000,K__\n0.040000,___\n4.000000,K__,\n6.000000,___\n', 4],
    ['0.000000,K__\n1.000000,K__\n60.000000,___\n', 59],
    ['0.000000,K__\n', 0],
    // AVI has no presentation times.
    ['N/A,K__\nN/A,___\n', 0],
    ['', 0],
  ])('of the packets %j is %d s at the longest', (packets, longest) => {
    expect(longestKeyInterval(packets)).toBe(longest);
  });
});

it('the lines that cut a film by hand quote its name for a shell', () => {
  expect(byHand("it's a film.mp4")).toEqual([
    'mkdir segments',
    "ffmpeg -i 'it'\\''s a film.mp4' -c copy -f segment -segment_time 4 segments/%d.ts",
  ]);
  expect(byHand('films/a.mp4')[1]).toContain(' -i films/a.mp4 ');
});
