import { readdirSync, readFileSync } from 'node:fs';
import { containerOf } from '../src/folder/container.js';
import { compareNames } from '../src/folder/file-state.js';
import { type MediaTime, readMedia } from '../src/folder/media.js';
import { cueTime } from '../src/folder/webvtt.js';

const fixtures = new URL('./fixtures/', import.meta.url);
const read = (name: string): Uint8Array => readFileSync(new URL(name, fixtures));

async function durations(folder: string, init?: string): Promise<number[]> {
  const names = readdirSync(new URL(folder, fixtures)).filter((name) => /\d\.(?:m2t|m4s|aac)$/.test(name));
  const sorted = names.map((name) => ({ name })).sort(compareNames);
  const times = await Promise.all(
    sorted.map(({ name }) =>
      readMedia(read(`${folder}/${name}`), init === undefined ? undefined : read(`${folder}/${init}`)),
    ),
  );
  return times.map(({ start, end }) => end - start);
}

/** Packed audio with the ID3 tag that HLS asks for; the timestamp counts 90 kHz. */
function withTimestamp(sound: Uint8Array, timestamp: bigint): Uint8Array {
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(timestamp);
  const content = Buffer.concat([Buffer.from('com.apple.streaming.transportStreamTimestamp\0'), time]);
  const frame = Buffer.concat([Buffer.from('PRIV'), Buffer.from([0, 0, 0, content.length, 0, 0]), content]);
  return Buffer.concat([Buffer.from('ID3'), Buffer.from([4, 0, 0, 0, 0, 0, frame.length]), frame, sound]);
}

const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);

describe('the duration of a segment is read from its media', () => {
  it('in a transport stream with B-frames', async () => {
    const each = await durations('ts');
    expect(each.map((duration) => duration.toFixed(3))).toEqual(['1.000', '1.000', '1.000', '1.000', '1.000', '0.700']);
  });

  it('in fMP4 with B-frames, by its initialization section', async () => {
    const each = await durations('fmp4', 'head.mp4');
    expect(each.map((duration) => duration.toFixed(3))).toEqual(['1.000', '1.000', '1.000', '1.000', '1.000', '0.700']);
  });

  it('in sound without video: the sum is that of the source within a frame', async () => {
    const frame = 1024 / 16000;
    // The encoder puts one frame of silence in front and fills the last frame.
    expect(Math.abs(sum(await durations('audio')) - 5.7)).toBeLessThan(2 * frame);
  });

  it('in packed audio: frames of 1024 samples', async () => {
    const each = await durations('aac');
    expect(Math.abs(sum(each) - 5.7)).toBeLessThan((2 * 1024) / 16000);
    for (const duration of each) expect(Math.abs(((duration * 16000) / 1024) % 1)).toBeCloseTo(0, 6);
  });

  it('in packed audio from the time that its ID3 tag gives, RFC 8216 §3.4', async () => {
    const sound = read('aac/sound-0.aac');
    const plain = await readMedia(sound);
    expect([plain.start, plain.timestamps]).toEqual([0, false]);
    const stamped = await readMedia(withTimestamp(sound, 90_000n * 5n));
    expect([stamped.start, stamped.timestamps]).toEqual([5, true]);
    expect(stamped.end - stamped.start).toBeCloseTo(plain.end, 9);
  });

  it('not at all without its initialization section', async () => {
    await expect(readMedia(read('fmp4/chunk-1.m4s'))).rejects.toThrow();
  });

  it('not in bytes that are no media', async () => {
    await expect(readMedia(new Uint8Array(188).fill(0x47))).rejects.toThrow();
  });
});

describe('the time of subtitles', () => {
  const time = (text: string): MediaTime | undefined => cueTime(Buffer.from(text));

  it('is from the first cue to the end of the last, whatever their order', () => {
    const text = 'WEBVTT\n\n1\n00:00:04.500 --> 00:00:06.000\nb\n\n00:03.000 --> 00:05.000 line:0\na\n';
    expect(time(text)).toEqual({ start: 3, end: 6, timestamps: true });
  });

  it('is moved by X-TIMESTAMP-MAP, with its attributes in any order and CRLF', () => {
    const cue = '\r\n\r\n01:00:01.000 --> 01:00:02.500\r\na';
    const expected = { start: 11, end: 12.5, timestamps: true };
    expect(time(`WEBVTT\r\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:01:00:00.000${cue}`)).toEqual(expected);
    expect(time(`\ufeffWEBVTT x\r\nX-TIMESTAMP-MAP=LOCAL:01:00:00.000,MPEGTS:900000${cue}`)).toEqual(expected);
  });

  it('is not known without a cue', () => {
    expect(time('WEBVTT\n\nNOTE 00:01.000 -> 00:02.000\n')).toBeUndefined();
  });
});

describe('what a file is, is told by its bytes', () => {
  it('knows transport streams, fMP4 segments and initialization sections', () => {
    expect(containerOf(read('ts/part0.m2t'))).toBe('ts');
    expect(containerOf(read('fmp4/chunk-0.m4s'))).toBe('fmp4');
    expect(containerOf(read('fmp4/head.mp4'))).toBe('init');
  });

  it('knows packed audio, with an ID3 tag or without, and WebVTT', () => {
    expect(containerOf(read('aac/sound-0.aac'))).toBe('aac');
    expect(containerOf(withTimestamp(read('aac/sound-0.aac'), 0n))).toBe('aac');
    expect(containerOf(withTimestamp(new Uint8Array(), 0n))).toBeUndefined();
    for (const text of ['WEBVTT', '\ufeffWEBVTT\n', 'WEBVTT - title\n\n']) {
      expect(containerOf(Buffer.from(text))).toBe('vtt');
    }
    expect(containerOf(Buffer.from('WEBVTTX'))).toBeUndefined();
  });

  it('takes no other file', () => {
    expect(containerOf(read('fmp4/index.m3u8'))).toBeUndefined();
    expect(containerOf(new Uint8Array())).toBeUndefined();
    expect(containerOf(new TextEncoder().encode('Good day, this is text'))).toBeUndefined();
  });

  it.each(['ts/part0.m2t', 'fmp4/chunk-0.m4s', 'fmp4/head.mp4', 'aac/sound-0.aac'])(
    'takes no %s that is cut off',
    (name) => {
      const bytes = read(name);
      for (const length of [1, 7, 9, 100, bytes.length - 1])
        expect(containerOf(bytes.subarray(0, length))).toBeUndefined();
    },
  );

  it('takes a whole film for none of them', () => {
    const film = Buffer.concat([
      read('fmp4/head.mp4'),
      Buffer.from([0, 0, 0, 12]),
      Buffer.from('mdat'),
      Buffer.alloc(4),
    ]);
    expect(containerOf(film)).toBeUndefined();
  });
});
