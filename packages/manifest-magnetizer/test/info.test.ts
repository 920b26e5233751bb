import { createHash, randomBytes } from 'node:crypto';
import createTorrent from 'create-torrent';
import fc from 'fast-check';
import parseTorrent from 'parse-torrent';
import { formatMagnet, parseMagnet } from '../src/index.js';
import { createInfo, encodeInfo, formatInfo, parseInfo, pieceLengthFor, readInfo } from '../src/info.js';
import { createSegmentMagnet } from '../src/torrent.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const lengths = fc.oneof(
  fc.integer({ min: 1, max: 3 * MIB }),
  fc.constantFrom(1, 64 * KIB, 64 * KIB + 1, 1024 * KIB, 1024 * KIB + 1),
);
const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');

function torrentFile(bytes: Uint8Array): Promise<Uint8Array> {
  const options = {
    name: 'segment',
    pieceLength: pieceLengthFor(bytes.length),
    announceList: [],
    createdBy: '',
    private: undefined,
  };
  return new Promise((resolve, reject) => {
    createTorrent(Buffer.from(bytes), options, (error: Error | null, torrent: Uint8Array) =>
      error ? reject(error) : resolve(torrent),
    );
  });
}

describe('the info dictionary', () => {
  it("is byte-equal to create-torrent's, and parse-torrent agrees on the infohash", async () => {
    await fc.assert(
      fc.asyncProperty(lengths, async (length) => {
        const bytes = randomBytes(length);
        const { info, infoHash, magnet } = createSegmentMagnet(bytes);
        const file = Buffer.from(await torrentFile(bytes));
        expect(file.includes(Buffer.concat([Buffer.from('4:info'), info]))).toBe(true);
        expect((await parseTorrent(file)).infoHash).toBe(infoHash);
        expect((await parseTorrent(magnet)).infoHash).toBe(infoHash);
        expect(await createInfo(bytes)).toEqual({ info, infoHash });
        expect(magnet).toBe(`magnet:?xt=urn:btih:${infoHash}&xl=${length}`);
      }),
      { numRuns: 40 },
    );
  });

  it('has at most 16 pieces of a power of two from 64 KiB, up to 64 MiB', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 * MIB }), (length) => {
        const pieceLength = pieceLengthFor(length);
        expect(Math.log2(pieceLength) % 1).toBe(0);
        expect(pieceLength).toBeGreaterThanOrEqual(64 * KIB);
        expect(Math.ceil(length / pieceLength)).toBeLessThanOrEqual(16);
        if (pieceLength > 64 * KIB) expect(Math.ceil(length / (pieceLength / 2))).toBeGreaterThan(16);
      }),
    );
    expect(pieceLengthFor(1024 * MIB)).toBe(4 * MIB);
  });

  it('is read only where it is canonical', () => {
    const pieces = randomBytes(40);
    const info = encodeInfo({ length: 80_000, pieceLength: 65_536, pieces });
    expect(parseInfo(info)).toEqual({ length: 80_000, pieceLength: 65_536, pieces: new Uint8Array(pieces) });
    const text = Buffer.from(info).toString('latin1');
    for (const other of [
      text.replace('segment', 'segmant'),
      text.replace('i80000e', 'i080000e'),
      text.replace('i80000e', 'i160000e'),
      text.replace('i65536e', 'i131072e'),
      text.replace('pieces40', 'pieces20'),
      `${text}e`,
      text.slice(0, -1),
      text.replace(/e$/, '7:privatei1ee'),
      '',
    ]) {
      expect(parseInfo(new Uint8Array(Buffer.from(other, 'latin1')))).toBeUndefined();
    }
  });

  it('does not exist for an empty segment', async () => {
    expect(() => createSegmentMagnet(new Uint8Array())).toThrow(RangeError);
    await expect(createInfo(new Uint8Array())).rejects.toThrow(RangeError);
  });
});

describe('an info dictionary in text', () => {
  const withPieces = (count: number): { info: Uint8Array; length: number } => {
    const length = count * 4 * MIB;
    return { info: encodeInfo({ length, pieceLength: 4 * MIB, pieces: randomBytes(20 * count) }), length };
  };

  it('comes back as it was', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700_000 }), (length) => {
        const { info, infoHash } = createSegmentMagnet(randomBytes(length));
        const text = formatInfo(info);
        expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(readInfo(text, infoHash, length)).toEqual(new Uint8Array(info));
      }),
      { numRuns: 30 },
    );
  });

  it('is refused under another infohash', () => {
    const { info } = createSegmentMagnet(randomBytes(1_000));
    expect(readInfo(formatInfo(info), sha1(Buffer.of(1)), 1_000)).toBeUndefined();
  });

  it('is refused for another length', () => {
    const { info, infoHash } = createSegmentMagnet(randomBytes(1_000));
    expect(readInfo(formatInfo(info), infoHash, 1_001)).toBeUndefined();
  });

  it.each(['%%%', 'a', 'ä', ''])('is refused when it is no base64url of one (%s)', (text) => {
    expect(readInfo(text, sha1(Buffer.alloc(0)), 1_000)).toBeUndefined();
  });

  it('is refused above 16,384 characters', () => {
    const fits = withPieces(610);
    const large = withPieces(611);
    expect([formatInfo(fits.info).length, formatInfo(large.info).length].map((length) => length > 16_384)).toEqual([
      false,
      true,
    ]);
    expect(readInfo(formatInfo(fits.info), sha1(fits.info), fits.length)).toEqual(fits.info);
    expect(readInfo(formatInfo(large.info), sha1(large.info), large.length)).toBeUndefined();
  });
});

describe('a magnet link', () => {
  const { infoHash, info } = createSegmentMagnet(randomBytes(100_000));
  const link = formatMagnet({ infoHash, length: 100_000, info });

  it('carries the info dictionary in unpadded base64url', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700_000 }), (length) => {
        const torrent = createSegmentMagnet(randomBytes(length));
        const magnet = formatMagnet({ infoHash: torrent.infoHash, length, info: torrent.info });
        expect(magnet).toBe(`${torrent.magnet}&x.info=${Buffer.from(torrent.info).toString('base64url')}`);
        expect(parseMagnet(magnet)).toEqual({ infoHash: torrent.infoHash, length, info: new Uint8Array(torrent.info) });
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    [
      'of another segment',
      () => formatMagnet({ infoHash, length: 100_000, info: createSegmentMagnet(randomBytes(100_000)).info }),
    ],
    ['of another length', () => formatMagnet({ infoHash, length: 100_001, info })],
    ['padded', () => `${link}=`],
    [
      'not canonical',
      () => {
        const other = Buffer.from('d6:lengthi100000e4:name1:xe');
        return formatMagnet({ infoHash: sha1(other), length: 100_000, info: other });
      },
    ],
  ])('is read without an info dictionary %s', (_, make) => {
    expect(parseMagnet(make())).toMatchObject({ infoHash: expect.any(String), length: expect.any(Number) });
    expect(parseMagnet(make())).not.toHaveProperty('info');
  });

  it('takes an info dictionary from before, of the same length, for the one it carries', () => {
    const before = new Uint8Array(info);
    expect(parseMagnet(link, () => ({ length: 100_000, info: before }))?.info).toBe(before);
    expect(parseMagnet(link, () => ({ length: 100_001, info: before }))?.info).toEqual(new Uint8Array(info));
    expect(parseMagnet(link, () => ({ length: 100_000, info: undefined }))?.info).toEqual(new Uint8Array(info));
    expect(parseMagnet(link, () => undefined)?.info).toEqual(new Uint8Array(info));
  });

  it.each([
    'magnet:?xt=urn:btih:abc&xl=1',
    'magnet:?xt=urn:btmh:1220aaaa&xl=1',
    `magnet:?xt=urn:btih:${'a'.repeat(40)}`,
    `magnet:?xt=urn:btih:${'a'.repeat(40)}&xl=0`,
    `magnet:?xt=urn:btih:${'a'.repeat(40)}&xl=-5`,
    `magnet:?xt=urn:btih:${'a'.repeat(40)}&xl=1e3`,
    'https://example.org/',
    '',
  ])('is none without infohash and length: %s', (other) => {
    expect(parseMagnet(other)).toBeUndefined();
  });
});
