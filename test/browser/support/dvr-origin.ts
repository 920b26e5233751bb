import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { annotatePlaylist } from '@live-torrent/manifest-magnetizer';
import { createSegmentMagnet } from '@live-torrent/manifest-magnetizer/torrent';
import { ffmpeg, madeOnce } from '../../../harness/made-once.mjs';
import { type Content, type Origin, startOrigin } from '../../../harness/origin.mjs';
import { pageScripts, root, typeOf } from '../../../harness/page-files.mjs';

const SEGMENT_SECONDS = 2;
const FEED_SECONDS = 180;
/** Segments at the live edge when the origin starts. */
const EDGE = 10;

/** `?delivery=plain`, `hls` or `worker`. */
const PAGE = `<!doctype html><meta charset="utf-8"><title>A long window</title><video muted></video><script type="module">
  import Hls from '/hls.js';
  const delivery = new URLSearchParams(location.search).get('delivery');
  const { serviceWorker } = navigator;
  if (delivery === 'worker' && !serviceWorker.controller) {
    const controlled = new Promise((resolve) => serviceWorker.addEventListener('controllerchange', resolve, { once: true }));
    await serviceWorker.register('/sw.js', { type: 'module' });
    await controlled;
  }
  let config = {};
  const video = document.querySelector('video');
  if (delivery !== 'plain') {
    const { createP2PLoader } = await import('/p2p-loader.js');
    const loader = createP2PLoader({ iceServers: [], ...(delivery === 'worker' ? { serviceWorker } : {}) });
    await loader.start();
    loader.attachMedia(video);
    if (delivery === 'hls') config = loader.hlsConfig();
  }
  const hls = new Hls(config);
  document.body.dataset.segments = '0';
  hls.on(Hls.Events.FRAG_BUFFERED, () => (document.body.dataset.segments = String(Number(document.body.dataset.segments) + 1)));
  hls.on(Hls.Events.MANIFEST_PARSED, () => video.play());
  hls.attachMedia(video);
  hls.loadSource('/live.m3u8');
</script>`;

const caching = 'no-store';

function pageAt(path: string): Content | undefined {
  if (path === '/') return { bytes: Buffer.from(PAGE), type: typeOf('.html'), caching };
  const file = new Map(Object.entries(pageScripts)).get(path);
  return file === undefined ? undefined : { bytes: readFileSync(join(root, file)), type: typeOf(path), caching };
}

/** Real media of 2 s each that never repeat, made once by ffmpeg. */
function segments(): Buffer[] {
  // biome-ignore format: one argument and its value a line
  const args = [
    '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=10', '-f', 'lavfi', '-i', 'sine=frequency=220:sample_rate=48000',
    '-t', String(FEED_SECONDS), '-c:v', 'libx264', '-preset', 'ultrafast', '-b:v', '800k',
    '-g', String(10 * SEGMENT_SECONDS), '-sc_threshold', '0', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '64k',
    '-f', 'segment', '-segment_time', String(SEGMENT_SECONDS), '-segment_format', 'mpegts', '%05d.ts',
  ];
  const folder = madeOnce('long-window', args, (making) => ffmpeg(args, making));
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => readFileSync(join(folder, name)));
}

/**
 * A live stream whose window is hours long, with a page that plays it. Only segments from those at the edge on are there: nobody seeks back.
 * @param window segments of 2 s
 */
export async function startDvrOrigin(window: number, announce: string): Promise<Origin> {
  const feed = segments();
  const magnets = feed.map((bytes) => createSegmentMagnet(bytes).magnet);
  const old = (n: number): string =>
    `magnet:?xt=urn:btih:${createHash('sha1').update(`${announce} ${n}`).digest('hex')}&xl=${200_000 + n}`;
  const started = Date.now();
  const edge = (): number => EDGE + Math.floor((Date.now() - started) / (SEGMENT_SECONDS * 1_000));
  const ago = Array.from({ length: window }, (_, n) => old(n));
  const playlist = (): string => {
    const end = Math.min(feed.length, edge());
    const lines = [
      '#EXTM3U',
      '#EXT-X-VERSION:3',
      `#EXT-X-TARGETDURATION:${SEGMENT_SECONDS}`,
      `#EXT-X-MEDIA-SEQUENCE:${end}`,
    ];
    for (let n = end; n < window + end; n++) lines.push(`#EXTINF:${SEGMENT_SECONDS}.000,`, `/0/${n - window}.ts`);
    const stream = createHash('sha1').update(announce).digest('hex');
    const magnetOf = (n: number): string | undefined => (n < window ? ago[n] : magnets[n - window]);
    return annotatePlaylist(`${lines.join('\n')}\n`, ({ mediaSequence }) => magnetOf(mediaSequence), {
      stream,
      announce: [announce],
    });
  };
  return startOrigin({
    pages: pageAt,
    read: (path) => {
      if (path === '/live.m3u8')
        return { bytes: Buffer.from(playlist()), type: 'application/vnd.apple.mpegurl', caching };
      const bytes = feed[Number(/^\/0\/(\d+)\.ts$/.exec(path)?.[1] ?? -1)];
      return bytes && { bytes, type: 'video/mp2t', caching };
    },
  });
}
