/**
 * What the magnetizer costs on this machine. Run it after `npm run build`: `npm run bench -w @live-torrent/manifest-magnetizer`.
 */
import { createHash, randomBytes } from 'node:crypto';
import { annotatePlaylist, createMagnetizer, readMagnets } from '@live-torrent/manifest-magnetizer';
import { createInfo, pieceLengthFor } from '@live-torrent/manifest-magnetizer/info';
import { createSegmentMagnet } from '@live-torrent/manifest-magnetizer/torrent';
import { Bench } from 'tinybench';

const SECONDS = 1_000;
const MIB = 1024 * 1024;

/** Runs functions in turns; returns the median time of each, ms. */
async function medians(tasks) {
  const bench = new Bench({ time: 0.5 * SECONDS, iterations: 8, warmupTime: 100, warmupIterations: 2 });
  for (const [name, task] of Object.entries(tasks)) bench.add(name, task);
  await bench.run();
  return Object.fromEntries(bench.tasks.map(({ name, result }) => [name, result.latency.p50]));
}

function livePlaylist(count, first = 0) {
  const segments = Array.from(
    { length: count },
    (_, i) => `#EXTINF:4.000,\nhttps://cdn.example/live/segment-${first + i}.ts\n`,
  );
  return `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:${first}\n${segments.join('')}`;
}

async function hashing() {
  const rows = [];
  for (const megabytes of [0.5, 2, 8]) {
    const bytes = randomBytes(megabytes * 1_000_000);
    const pieceLength = pieceLengthFor(bytes.length);
    const { plain, magnet, webCrypto } = await medians({
      plain: () => {
        for (let at = 0; at < bytes.length; at += pieceLength) {
          createHash('sha1')
            .update(bytes.subarray(at, at + pieceLength))
            .digest();
        }
      },
      magnet: () => createSegmentMagnet(bytes),
      webCrypto: () => createInfo(bytes),
    });
    const speed = (ms) => `${Math.round(bytes.length / 1000 / ms)} MB/s`;
    rows.push({
      segment: `${megabytes} MB`,
      'plain SHA-1 of the pieces': speed(plain),
      './torrent': speed(magnet),
      ratio: `${Math.round((100 * plain) / magnet)} %`,
      './info (WebCrypto)': speed(webCrypto),
    });
  }
  console.log('Magnet of a segment (target: 90 % of plain SHA-1)');
  console.table(rows);
}

async function rewriting() {
  const rows = [];
  const magnet = `magnet:?xt=urn:btih:${'a'.repeat(40)}&xl=500000`;
  for (const count of [10, 10_000, 50_000]) {
    const text = livePlaylist(count);
    const bytes = new TextEncoder().encode(text);
    const magnetizer = createMagnetizer({
      readSegment: async () => new Uint8Array(1),
      timeBudget: 60 * SECONDS,
      maxQueued: count,
      maxCached: count,
    });
    const call = { url: 'https://origin.example/live/index.m3u8' };
    await magnetizer.magnetize(text, call);
    const times = await medians({
      string: () => annotatePlaylist(text, () => magnet),
      bytes: () => annotatePlaylist(bytes, () => magnet),
      magnetize: () => magnetizer.magnetize(text, call),
    });
    const row = { segments: count };
    for (const [name, ms] of Object.entries(times)) row[`${name}, ms`] = Number(ms.toFixed(3));
    rows.push({ ...row, 'magnetize, µs a segment': Number(((times.magnetize * 1000) / count).toFixed(2)) });
  }
  console.log('Rewriting a playlist whose magnets are known (target: 0.2 ms for 10 segments, linear)');
  console.table(rows);
}

async function readers() {
  let reads = 0;
  const magnetizer = createMagnetizer({
    readSegment: async () => {
      reads++;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return randomBytes(500_000);
    },
    timeBudget: 10 * SECONDS,
  });
  const text = livePlaylist(5);
  const start = performance.now();
  const outs = await Promise.all(
    Array.from({ length: 1_000 }, () => magnetizer.magnetize(text, { url: 'https://origin.example/live/index.m3u8' })),
  );
  const ms = Math.round(performance.now() - start);
  const complete = outs.filter((out) => readMagnets(out).length === 5).length;
  console.log(
    `1,000 readers at once of a live playlist with 5 new segments: ${reads} reads, ${complete} complete, ${ms} ms in all\n`,
  );
}

async function channels() {
  const bytes = randomBytes(0.5 * MIB);
  let serial = 0;
  const magnetizer = createMagnetizer({
    readSegment: async () => {
      const segment = Buffer.from(bytes);
      segment.writeUInt32LE(serial++, 0);
      return segment;
    },
    timeBudget: 60 * SECONDS,
    maxCached: 100_000,
  });
  const urls = [];
  for (let channel = 0; channel < 200; channel++) {
    for (let rendition = 0; rendition < 6; rendition++)
      urls.push(`https://origin.example/${channel}/${rendition}/index.m3u8`);
  }
  const rounds = 4;
  let cpu = 0;
  for (let round = 0; round < rounds + 1; round++) {
    const before = process.cpuUsage();
    // Each rendition has one new segment a round of 4 s, and is asked for twice.
    for (const url of [...urls, ...urls]) {
      const text = livePlaylist(round === 0 ? 1 : 5, Math.max(0, round - 4)).replaceAll(
        'https://cdn.example/live/',
        '',
      );
      await magnetizer.magnetize(text, { url });
    }
    const used = process.cpuUsage(before);
    if (round > 0) cpu += (used.user + used.system) / 1e6;
  }
  const { segmentsHashed } = magnetizer.stats();
  const perRound = cpu / rounds;
  console.log(
    `200 channels x 6 renditions, segments of 0.5 MiB and 4 s, each playlist asked for twice in 4 s: ${segmentsHashed} hashes, ` +
      `${perRound.toFixed(2)} s of CPU in 4 s (${Math.round(25 * perRound)} % of one core)`,
  );
}

await hashing();
await rewriting();
await readers();
await channels();
