import { createHash } from 'node:crypto';
import { magnetizer } from '@live-torrent/manifest-magnetizer/node';
import { joined, type LowLatencyFeed, makeLowLatencyFeed } from '../harness/low-latency-feed.mjs';
import { startLowLatencyOrigin } from '../harness/low-latency-origin.mjs';
import { hasFfmpeg } from './browser/support/media.js';
import { startCli } from './support/live-torrent.js';

const SHAPE = { seconds: 24, segmentSeconds: 2, partsPerSegment: 4, bitsPerSecond: 200_000, width: 160, height: 90 };
/** Segments that are there at first. */
const HEAD = 6;
const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');

(hasFfmpeg ? describe : describe.skip)('the Low-Latency origin', () => {
  let cmaf: LowLatencyFeed;
  let ts: LowLatencyFeed;
  let clock = 0;
  const open: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    cmaf = await makeLowLatencyFeed(SHAPE);
    ts = await makeLowLatencyFeed({ ...SHAPE, container: 'ts' });
  });
  afterEach(async () => {
    for (const close of open.splice(0)) await close();
  });

  const start = async (options: Partial<Parameters<typeof startLowLatencyOrigin>[0]> = {}) => {
    clock = 0;
    const settings = { renditions: [cmaf], window: HEAD, begun: 0, now: () => clock, ...options };
    const origin = await startLowLatencyOrigin(settings);
    open.push(origin.close);
    const get = async (path: string, headers: Record<string, string> = {}) => {
      const response = await fetch(new URL(path, `${origin.url}/0/`), { headers });
      return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
    };
    const playlist = async (query = '') => Buffer.from((await get(`live.m3u8${query}`)).bytes).toString();
    return { origin, get, playlist };
  };
  /** Whether an answer is here once everything has had its turn. */
  const isHeld = async (answer: Promise<unknown>) =>
    Promise.race([answer.then(() => false), new Promise((resolve) => setTimeout(() => resolve(true), 150))]);

  it('cuts segments into parts that begin with a frame, the first of each an independent one', () => {
    for (const { segments } of [cmaf, ts]) {
      expect(segments.length).toBeGreaterThanOrEqual(11);
      for (const parts of segments.slice(0, 11)) {
        expect(parts.map(({ independent }) => independent)).toEqual([true, false, true, false]);
      }
    }
  });

  it('lists the parts of the last three segments and of the one that grows, and hints at the next', async () => {
    const { playlist } = await start();
    clock = 1_100;
    const text = await playlist();
    const parts = [
      ...text.matchAll(/^#EXT-X-PART:DURATION=0\.50000,URI="part-(\d+)\.(\d)\.m4s"(,INDEPENDENT=YES)?$/gm),
    ];
    expect(parts.map(([, msn, part, of]) => `${msn}.${part}${of ? 'i' : ''}`).slice(-4)).toEqual([
      '5.2i',
      '5.3',
      '6.0i',
      '6.1',
    ]);
    expect(parts[0]?.slice(1, 3)).toEqual(['3', '0']);
    expect(text).toContain('#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-6.2.m4s"');
    expect(text).toContain('CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.500,CAN-SKIP-UNTIL=12.0');
    expect(text).toContain('#EXT-X-MAP:URI="init.mp4"');
  });

  it('holds a blocking reload until the part is there, refuses one for what is far away, and leaves out what is skipped', async () => {
    const { playlist, get } = await start({ window: 8 });
    const reload = playlist('?_HLS_msn=8&_HLS_part=0');
    expect(await isHeld(reload)).toBe(true);
    clock = 500;
    expect(await reload).toContain('URI="part-8.0.m4s"');
    expect((await get('live.m3u8?_HLS_msn=11')).status).toBe(400);
    const delta = await playlist('?_HLS_skip=YES');
    expect(delta).toMatch(/#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n(?!.*EXT-X-MAP)/);
    expect(delta.match(/^segment-.*/gm)).toEqual([2, 3, 4, 5, 6, 7].map((msn) => `segment-${msn}.m4s`));
  });

  it('holds a request for the hinted part, and gives parts that are the segment when joined', async () => {
    for (const [extension, feed] of [
      ['m4s', cmaf],
      ['ts', ts],
    ] as const) {
      const { get } = await start({ renditions: [feed] });
      const hinted = get(`part-6.0.${extension}`);
      expect(await isHeld(hinted)).toBe(true);
      expect((await get(`part-6.1.${extension}`)).status).toBe(404);
      clock = 2_000;
      const parts = await Promise.all([hinted, ...[1, 2, 3].map((part) => get(`part-6.${part}.${extension}`))]);
      const whole = await get(`segment-6.${extension}`);
      expect(sha1(Buffer.concat(parts.map(({ bytes }) => bytes)))).toBe(sha1(whole.bytes));
      expect(sha1(whole.bytes)).toBe(sha1(joined(feed.segments[6] ?? [])));
    }
  });

  it('gives parts as byte ranges of their segment, of the one that grows as they are made', async () => {
    const { get, playlist } = await start({ ranges: true });
    clock = 500;
    const text = await playlist();
    const first = cmaf.segments[6]?.[0]?.bytes.length;
    expect(text).toContain(`URI="segment-6.m4s",BYTERANGE="${first}@0",INDEPENDENT=YES`);
    expect(text).toContain(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="segment-6.m4s",BYTERANGE-START=${first}`);
    const part = await get('segment-6.m4s', { Range: `bytes=0-${Number(first) - 1}` });
    expect([part.status, sha1(part.bytes)]).toEqual([206, sha1(cmaf.segments[6]?.[0]?.bytes ?? new Uint8Array())]);
    const rest = get('segment-6.m4s', { Range: `bytes=${first}-` });
    expect(await isHeld(rest)).toBe(true);
    clock = 2_000;
    expect(sha1(Buffer.concat([part.bytes, (await rest).bytes]))).toBe(sha1(joined(cmaf.segments[6] ?? [])));
  });

  it('reports where the other renditions are', async () => {
    const { playlist } = await start({ renditions: [cmaf, cmaf] });
    clock = 600;
    expect(await playlist()).toContain('#EXT-X-RENDITION-REPORT:URI="../1/live.m3u8",LAST-MSN=6,LAST-PART=0');
  });

  it('behind the middleware: reloads are held as long as the origin holds them, and whole segments have magnets', async () => {
    const middleware = magnetizer({
      announce: ['wss://tracker.example'],
      readSegment: async ({ url }) => joined(cmaf.segments[Number(/segment-(\d+)/.exec(url)?.[1])] ?? []),
    });
    const { playlist } = await start({ annotate: middleware });
    const text = await playlist();
    expect(text.match(/^###magnet:/gm)).toHaveLength(HEAD);
    const reload = playlist('?_HLS_msn=6&_HLS_part=0');
    expect(await isHeld(reload)).toBe(true);
    clock = 500;
    expect(await reload).toContain('URI="part-6.0.m4s"');
  });

  it.each([false, true])(
    'through live-torrent -u, byte ranges %s: holds what the origin holds, and gives its bytes',
    async (ranges) => {
      const { origin } = await start({ ranges });
      const cli = await startCli(['-u', `${origin.url}/0/live.m3u8`, '-p', '0', '--allow-host', '127.0.0.1']);
      open.unshift(cli.stop);
      const manifest = new URL('/manifest.m3u8', cli.served);
      const playlist = async (query = '') => (await fetch(`${manifest}${query}`)).text();
      const reload = playlist('?_HLS_msn=6&_HLS_part=1&_HLS_skip=YES');
      expect(await isHeld(reload)).toBe(true);
      clock = 1_000;
      const text = await reload;
      expect(origin.queries).toContain('?_HLS_msn=6&_HLS_part=1&_HLS_skip=YES');
      const listed = [...text.matchAll(/^#EXT-X-PART:.*URI="([^"]+)"(?:,BYTERANGE="(\d+)@(\d+)")?/gm)].slice(-2);
      for (const [i, [, uri = '', length, offset]] of listed.entries()) {
        const headers = offset && { Range: `bytes=${offset}-${Number(offset) + Number(length) - 1}` };
        const answer = await fetch(new URL(uri, manifest), headers ? { headers } : {});
        expect(answer.status).toBe(ranges ? 206 : 200);
        const bytes = new Uint8Array(await answer.arrayBuffer());
        expect(sha1(bytes)).toBe(sha1(cmaf.segments[6]?.[i]?.bytes ?? new Uint8Array()));
      }
      const [, uri = '', from] =
        /^#EXT-X-PRELOAD-HINT:TYPE=PART,URI="([^"]+)"(?:,BYTERANGE-START=(\d+))?/m.exec(text) ?? [];
      const hinted = fetch(new URL(uri, manifest), from ? { headers: { Range: `bytes=${from}-` } } : {});
      expect(await isHeld(hinted)).toBe(true);
      clock = 2_000;
      const bytes = new Uint8Array(await (await hinted).arrayBuffer());
      const expected = cmaf.segments[6]?.slice(2, ranges ? 4 : 3) ?? [];
      expect(sha1(bytes)).toBe(sha1(joined(expected)));
    },
  );
});
