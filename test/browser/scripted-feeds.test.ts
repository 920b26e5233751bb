import { createCipheriv, createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { Cli } from '../../harness/cli.mjs';
import { behindExpress } from '../support/live-torrent.js';
import type { Feed } from '../support/scripted-feed.js';
import { type Rule, type Script, ScriptedUpstream } from '../support/scripted-upstream.js';
import { pageFolder } from './support/feeds-site.js';
import { startFolderOrigin } from './support/folder-origin.js';
import { hasFfmpeg } from './support/media.js';
import type { Viewer } from './support/viewer.js';
import { openViewer } from './support/viewer.js';
import { shortSegments } from './support/worker-feeds.js';

jest.setTimeout(120_000);

/** From the first frame on, ms. */
const WATCHED_MS = 6_000;
/** Pages that play at the same time. */
const AT_A_TIME = 4;
const SEGMENT_MS = 1_000;

const key = Buffer.from('sixteen bytes ok');
const iv = Buffer.alloc(16, 7);

interface Row {
  readonly name: string;
  readonly script: Omit<Script, 'media'>;
  /** The path and query that `-u` is given; default /live.m3u8. */
  readonly path?: string;
  readonly login?: string;
  readonly flags?: readonly string[];
  readonly worker?: boolean;
  readonly viewers?: number;
  readonly encrypted?: boolean;
  /** Through Express with the middleware, or a page of another site that sends credentials. Default: the page of `-u`. */
  readonly way?: 'express' | 'credentials';
  /** Errors that a player has directly, too. */
  readonly errors?: RegExp;
  /** How often a segment may be read, by each viewer and beside. Default 1. */
  readonly reads?: number;
}

const live = (feed: Feed, script: Omit<Script, 'media'> = {}): Omit<Script, 'media'> => ({
  ...script,
  feeds: { '/live.m3u8': { window: 6, ...feed } },
});
const anybody = { 'Access-Control-Allow-Origin': '*' };
/** For players only: what reads the segment beside them gets it whole. */
const HALF: Rule = { at: /seg1[0-4]\.ts/, when: ['sec-fetch-mode', /./], times: 1, sends: 0.5 };
const top =
  '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=600000, RESOLUTION=320x180\n# one rendition\nlive.m3u8?session={load}\n';

const rows: readonly Row[] = [
  { name: 'names that come again', script: live({ ring: 8 }), viewers: 2 },
  {
    name: 'user and password',
    script: live({}, { rules: [{ at: /./, unless: ['authorization', /^Basic dXNlcjpwdw==$/], status: 401 }] }),
    login: 'user:pw',
  },
  {
    name: 'a key without CORS',
    script: live(
      { head: [`#EXT-X-KEY:METHOD=AES-128,URI="a.key",IV=0x${iv.toString('hex')}`] },
      { files: { '/a.key': key.toString() } },
    ),
    encrypted: true,
    worker: true,
  },
  { name: 'a channel and a token in its query', script: live({}), path: '/live.m3u8?ch=1&token=x', worker: true },
  { name: 'a segment that ends at half once', script: live({}, { rules: [{ at: /seg8/, times: 1, sends: 0.5 }] }) },
  { name: 'tokens in the query that change', script: live({ uri: 'seg{n}.ts?token={load}' }), viewers: 2 },
  {
    // A folder that changes is taken for a token when it has changed twice.
    name: 'tokens in the path that change',
    script: live({ uri: '/t{load}/seg{n}.ts' }),
    worker: true,
    reads: 2,
  },
  {
    name: 'a balancer that redirects each reload to another edge',
    script: live({}, { hosts: 3, rules: [{ at: /^\/lb/, redirect: '{edge}/live.m3u8' }] }),
    path: '/lb.m3u8',
  },
  { name: 'another edge in each reload', script: live({ uri: '{edge}/seg{n}.ts' }, { hosts: 2 }), worker: true },
  {
    name: 'a segment that ends at half for a viewer once',
    script: live({}, { headers: anybody, rules: [{ ...HALF, length: 'chunked' }] }),
    errors: /^fragLoad/,
  },
  {
    name: 'a segment that ends at half for a viewer’s worker once',
    script: live({}, { headers: anybody, rules: [HALF] }),
    errors: /^fragLoad/,
    worker: true,
  },
  {
    name: 'a chunked segment that breaks off at half for a viewer’s worker once',
    script: live({}, { headers: anybody, rules: [{ ...HALF, length: 'chunked' }] }),
    errors: /^fragLoad/,
    worker: true,
  },
  {
    name: 'an encoder that begins anew with its first name',
    script: live({ restart: { at: 14, listed: 2 } }),
    viewers: 2,
  },
  { name: 'segments that any page may read', script: live({}, { headers: anybody }) },
  {
    name: 'a first CORS answer that comes late',
    script: live({}, { headers: anybody, rules: [{ at: /\.ts/, when: ['origin', /./], times: 1, delay: 1_700 }] }),
  },
  { name: 'a last playlist without line end', script: live({ end: { at: 14, tail: '#EXT-X-ENDLIST' } }) },
  {
    name: 'a line of 70,000 characters',
    script: live({ head: [`#EXT-X-DATERANGE:ID="${'x'.repeat(70_000)}",START-DATE="2026-01-01T00:00:00Z"`] }),
  },
  {
    name: 'a session with each Multivariant Playlist',
    script: { ...live({}), files: { '/top.m3u8': top } },
    path: '/top.m3u8',
  },
  {
    name: 'a cookie of the first answer',
    script: live(
      {},
      { headers: { 'Set-Cookie': 'sid=1; Path=/' }, rules: [{ at: /\.ts/, unless: ['cookie', /sid=1/], status: 403 }] },
    ),
  },
  {
    name: 'a Referer',
    script: live({}, { rules: [{ at: /./, unless: ['referer', /site/], status: 403 }] }),
    flags: ['--header', 'Referer:https://site.example/'],
    worker: true,
  },
  { name: 'a page of another site that sends credentials', script: live({}, { headers: anybody }), way: 'credentials' },
];

const middleware: readonly Row[] = [
  { name: 'names that come again', script: live({ ring: 8 }) },
  { name: 'tokens in the query that change', script: live({ uri: 'seg{n}.ts?token={load}' }), worker: true },
  { name: 'a segment that ends at half once', script: live({}, { rules: [{ at: /seg8/, times: 1, sends: 0.5 }] }) },
];

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

let browser: Browser;
let media: readonly Buffer[];
let page: string;

beforeAll(async () => {
  if (!hasFfmpeg) return;
  const folder = shortSegments(500);
  const names = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  media = names.sort().map((name) => readFileSync(join(folder, name)));
  browser = await launchBrowser();
  page = pageFolder();
});
afterAll(async () => {
  await browser?.close();
  if (page !== undefined) rmSync(page, { recursive: true });
});

function encrypted(segment: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-128-cbc', key, iv);
  return Buffer.concat([cipher.update(segment), cipher.final()]);
}

/** A row that is served, and its page. */
interface Site {
  readonly url: string;
  readonly upstream: ScriptedUpstream;
  close(): Promise<unknown>;
}

async function behindMiddleware(script: Script, worker: boolean): Promise<Site> {
  const served = await behindExpress(script, page);
  const { upstream, close } = served;
  return { url: `${served.origin}/index.html?src=/live.m3u8${worker ? '&worker' : ''}`, upstream, close };
}

async function behindUpstreamFlag(row: Row, script: Script): Promise<Site> {
  const { path = '/live.m3u8', login, flags = [], worker = false, way } = row;
  const upstream = await ScriptedUpstream.start(script);
  const origin = login === undefined ? upstream.origin : upstream.origin.replace('//', `//${login}@`);
  const cli = await Cli.start(['-u', origin + path, '--allow-host', '127.0.0.1', '-r', '0.3', ...flags]);
  const elsewhere = way === 'credentials' ? await startFolderOrigin({ folder: page }) : undefined;
  const manifest = encodeURIComponent(`${cli.url}manifest.m3u8`);
  return {
    url: elsewhere ? `${elsewhere.url}index.html?src=${manifest}&credentials` : `${cli.url}?worker=${worker ? 1 : 0}`,
    upstream,
    close: () => Promise.all([cli.stop(), upstream.close(), elsewhere?.close()]),
  };
}

/** What was wrong with one row as its viewers saw it. */
async function faultsOf(row: Row): Promise<string[]> {
  const { worker = false, viewers: count = 1, reads = 1 } = row;
  const bytes = row.encrypted ? media.map(encrypted) : media;
  const script = { ...row.script, media: bytes };
  const site = await (row.way === 'express' ? behindMiddleware(script, worker) : behindUpstreamFlag(row, script));
  const viewers: Viewer[] = [];
  try {
    site.upstream.goOn(SEGMENT_MS);
    for (let i = 0; i < count; i++) viewers.push(await openViewer(browser, site.url));
    await Promise.all(viewers.map((viewer) => viewer.playing(30_000)));
    await sleep(WATCHED_MS);
    const hashes = bytes.map(sha256);
    const faults = (await Promise.all(viewers.map((viewer) => viewerFaults(viewer, hashes, row)))).flat();
    for (const [name, [players, others]] of site.upstream.reads()) {
      if (!/^0\/\d+$/.test(name)) continue;
      // One that ends at half has to be read again.
      const more = script.rules?.some(({ at, sends }) => sends !== undefined && at.test(`seg${name.slice(2)}.ts`))
        ? 1
        : 0;
      if (players > count * reads + more || others > reads + more) {
        faults.push(`${name}: read ${players} times by players, ${others} beside`);
      }
    }
    return faults;
  } finally {
    await Promise.all(viewers.map((viewer) => viewer.close()));
    await site.close();
  }
}

async function viewerFaults(viewer: Viewer, hashes: readonly string[], row: Row): Promise<string[]> {
  const [errors, segments, playback] = await Promise.all([viewer.hlsErrors(), viewer.segments(), viewer.playback()]);
  const { currentTime, frames } = playback;
  // Of the first run, or of the second one.
  const runs = segments.map(({ sha256, mediaSequence }) => {
    const index = hashes.indexOf(sha256);
    return [0, 7].findIndex((shift) => (mediaSequence + shift) % hashes.length === index);
  });
  const numbers = segments.map(({ mediaSequence }, i) => mediaSequence + (runs[i] ?? 0) * 1_000);
  return [
    ...errors.filter((error) => !/^buffer(?:Stalled|NudgeOnStall)/.test(error) && !row.errors?.test(error)),
    ...segments.filter((_, i) => (runs[i] ?? -1) < 0).map(({ url }) => `${url}: other bytes`),
    ...(numbers.every((n, i) => i === 0 || n > (numbers[i - 1] ?? 0)) ? [] : [`segments ${numbers}`]),
    ...(segments.length >= 5 ? [] : [`${segments.length} segments`]),
    ...(currentTime > 3 && frames > 50 ? [] : [`played to ${currentTime} s`]),
  ];
}

const all = [...rows, ...middleware.map((row) => ({ ...row, way: 'express' as const }))];
/** By row, what was wrong. */
const found = new Map<Row, Promise<string[]>>();

(hasFfmpeg ? describe : describe.skip)('hls.js plays what a player has directly', () => {
  beforeAll(() => {
    // Some at a time: most of a row is waiting.
    const running: Promise<unknown>[] = [];
    for (const [i, row] of all.entries()) {
      const faults = Promise.resolve(running[i - AT_A_TIME]).then(() => faultsOf(row));
      running.push(faults.catch(() => undefined));
      found.set(row, faults);
    }
  });

  it.each(all.map((row) => [row.way === 'express' ? 'Express with the middleware' : '-u', row.name, row] as const))(
    'through %s: %s',
    async (_way, _name, row) => {
      expect(await found.get(row)).toEqual([]);
    },
  );
});
