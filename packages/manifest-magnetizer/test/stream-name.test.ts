import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { createFetchHandler, createMagnetizer, readStream, streamName, stripPlaylist } from '../src/index.js';

const URL_ = 'https://media.example/live/hls.m3u8';
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ2aWV3ZXIifQ.c2lnbmF0dXJl';
const TOKENS = [
  'token=abc',
  'Expires=1700000000',
  'Signature=a~b',
  'Key-Pair-Id=K1',
  'X-Amz-Signature=00ff',
  'hdnts=exp=1~acl=/*~hmac=00',
  'wmsAuthSign=c2Vj',
  'sessionid=7',
  '_=1700000000',
  '_HLS_msn=7',
  'CMCD=bl%3D7',
  `auth_payload=${JWT}`,
  `zz=${'a1B2c3D4e5'.repeat(5)}`,
];
const CHANNELS = ['ch=1', 'ch=2', 'id=7', 'stream=a', 'quality=low', `id=${'a1B2c3D4e5'.repeat(5)}`, 'q=é', 'x'];

describe('streamName', () => {
  it.each(TOKENS)('leaves out the token %s', (token) => {
    expect(streamName(`${URL_}?${token}`)).toBe(URL_);
  });

  it.each(CHANNELS)('keeps %s, which may select a channel', (parameter) => {
    expect(streamName(`${URL_}?${parameter}`)).toBe(`${URL_}?${parameter}`);
  });

  it('leaves out user info, fragment, tokens in the path, and session parameters of the path', () => {
    expect(streamName('https://user:pass@Media.example/exp=17~hmac=00ff/live/hls.m3u8;jsessionid=7#t=3')).toBe(URL_);
    expect(streamName('https://media.example/hdnts=exp=1~acl=/live/hls.m3u8')).toBe(URL_);
  });

  it('keeps a path that looks random: it may be what is watched', () => {
    const url = 'https://media.example/0123456789abcdef0123456789abcdef/hls.m3u8';
    expect(streamName(url)).toBe(url);
  });

  it('depends on which channel is selected and on nothing else, in whatever order the parameters stand', () => {
    const params = fc.subarray(CHANNELS);
    const tokens = fc.subarray(TOKENS);
    fc.assert(
      fc.property(params, tokens, fc.integer(), (channel, viewer, seed) => {
        const shuffled = [...channel, ...viewer].sort((a, b) => ((a.length * seed) % 7) - ((b.length * seed) % 7));
        const name = streamName(`${URL_}?${shuffled.join('&')}`);
        expect(name).toBe(streamName(`${URL_}?${channel.join('&')}`));
        expect(streamName(name)).toBe(name);
      }),
    );
    fc.assert(
      fc.property(params, params, (a, b) => {
        const [one, other] = [a, b].map((query) => streamName(`${URL_}?${query.join('&')}`));
        expect(one === other).toBe(a.length === b.length && a.every((parameter) => b.includes(parameter)));
      }),
    );
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof streamName(text) === 'string'));
  });
});

describe('a stream has one name', () => {
  const MULTIVARIANT = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8?token=1\n';
  const MEDIA = '#EXTM3U\n#EXTINF:4,\na.ts\n';
  const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex');
  const magnetizer = () => createMagnetizer({ readSegment: async ({ url }) => Buffer.from(url) });
  const streamOf = async (one: ReturnType<typeof magnetizer>, text: string, url: string) =>
    readStream(await one.magnetize(text, { url }))?.stream;

  it('for each channel that a query selects', async () => {
    const one = magnetizer();
    const names = ['?ch=1', '?ch=2', '?ch=1&token=x'].map((query) => streamOf(one, MEDIA, `${URL_}${query}`));
    expect(await Promise.all(names)).toEqual(['?ch=1', '?ch=2', '?ch=1'].map((query) => sha1(`${URL_}${query}`)));
  });

  it('in all processes, whether they have seen the Multivariant Playlist or not, and after a restart', async () => {
    const [seen, other] = [magnetizer(), magnetizer()];
    await streamOf(seen, MULTIVARIANT, URL_);
    const url = 'https://media.example/live/low.m3u8?token=2';
    expect(await streamOf(seen, MEDIA, url)).toBe(await streamOf(other, MEDIA, url));
  });

  it('that stands in the Multivariant Playlist too, and is removed with the other lines', async () => {
    const out = await magnetizer().magnetize(MULTIVARIANT, { url: URL_, announce: ['wss://t.example'] });
    expect(readStream(out)).toEqual({ stream: sha1(URL_), announce: ['wss://t.example'] });
    expect(stripPlaylist(out)).toBe(MULTIVARIANT);
    const handler = createFetchHandler(magnetizer(), () => new Response(MULTIVARIANT));
    const response = await handler(new Request(`${URL_}?token=1`));
    expect(readStream(await response.text())?.stream).toBe(sha1(URL_));
  });

  it('that the option stream gives all of its playlists', async () => {
    const one = createMagnetizer({ readSegment: async () => Buffer.from('x'), stream: () => 'channel-7' });
    for (const text of [MULTIVARIANT, MEDIA]) expect(await streamOf(one, text, URL_)).toBe(sha1('channel-7'));
  });
});
