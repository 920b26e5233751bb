import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { decodeInfoText, encodeInfoText } from '../src/segment/info-transport.js';

const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');

describe('an info dictionary in text', () => {
  it('comes back as it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), async (info) => {
        const text = encodeInfoText(info);
        expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(await decodeInfoText(text, sha1(info))).toEqual(info);
      }),
    );
  });

  it('is refused under another infohash', async () => {
    expect(await decodeInfoText(encodeInfoText(Uint8Array.of(1, 2)), sha1(Uint8Array.of(1)))).toBeUndefined();
  });

  it.each(['%%%', 'a', 'ä'])('is refused when it is no base64url (%s)', async (text) => {
    expect(await decodeInfoText(text, sha1(new Uint8Array()))).toBeUndefined();
  });

  it('is refused above 8 KiB', async () => {
    const fits = new Uint8Array(8192);
    const large = new Uint8Array(8400);
    expect(await decodeInfoText(encodeInfoText(fits), sha1(fits))).toEqual(fits);
    expect(await decodeInfoText(encodeInfoText(large), sha1(large))).toBeUndefined();
  });
});
