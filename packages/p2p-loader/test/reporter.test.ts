import { readReport } from '../../metrics/src/report.js';
import { LoaderEvents } from '../src/figures/events.js';
import type { LoaderStats } from '../src/figures/stats.js';
import { type ReportedMedia, Reporter } from '../src/report/reporter.js';

const STREAM = 'ab'.repeat(20);
const nothing = { fromPeers: 0, fromHelpers: 0, fromOrigin: 0, mixed: 0, fromCache: 0 };

class Events extends LoaderEvents {
  segment(ms: number): void {
    this.emit('segment', { ms, duration: 4000 } as never);
  }
  link(): void {
    this.emit('link', { id: '', state: 'open' });
  }
}

class Media extends EventTarget implements ReportedMedia {
  currentTime = 5;
  seeking = false;
  ended = false;
  fire(type: string): void {
    this.dispatchEvent(new Event(type));
  }
}

describe('the report of a page', () => {
  let now: number;
  let sent: string[];
  let stats: Partial<LoaderStats>;
  let stream: string | undefined;
  let events: Events;
  let media: Media;
  let reporter: Reporter;
  beforeEach(() => {
    now = 1_000;
    sent = [];
    stream = STREAM;
    events = new Events();
    media = new Media();
    stats = {
      peerBytes: 0,
      helperBytes: 0,
      originBytes: 0,
      uploadedBytes: 0,
      segments: nothing,
      badPieces: 0,
      failedLinks: 0,
      trackerMessages: 0,
      links: 0,
    };
    reporter = new Reporter(
      { url: 'https://site.example/report', interval: 3600 },
      {
        ...{ events, started: now, now: () => now },
        stats: () => stats as LoaderStats,
        stream: () => stream,
        media: () => media,
        send: (url, text) => sent.push(`${url} ${text}`),
      },
    );
  });
  afterEach(() => reporter.stop());

  const last = () => readReport(sent.at(-1)?.replace(/^\S+ /, '') ?? '');

  it('has what was since the last one, as the collector reads it, and goes to the URL that the site gives', () => {
    stats = {
      ...stats,
      peerBytes: 100,
      originBytes: 50,
      helperBytes: 25,
      links: 3,
      segments: { ...nothing, fromPeers: 2 },
    };
    events.link();
    now += 30_000;
    reporter.report();
    expect(sent.at(-1)).toMatch(/^https:\/\/site.example\/report \{/);
    expect(last()).toMatchObject({
      stream: STREAM,
      seconds: 30,
      bytes: { peers: 100, origin: 50, helper: 25 },
      segments: { peers: 2 },
      links: 3,
      joinedMs: 0,
    });
    stats = { ...stats, peerBytes: 140 };
    now += 60_000;
    reporter.report();
    expect(last()).toMatchObject({
      seconds: 60,
      bytes: { peers: 40, origin: 0 },
      segments: { peers: 0 },
      joinedMs: undefined,
    });
  });

  it('names no viewer: no id, address or URL stands in it', () => {
    stats = { ...stats, peerId: 'cd'.repeat(20), peers: [{ id: 'ef'.repeat(20) }] as never };
    now += 1_000;
    reporter.report();
    const [, text = ''] = /^\S+ (.*)$/.exec(sent.at(-1) ?? '') ?? [];
    expect(text).not.toMatch(/cdcd|efef|http|\d+\.\d+\.\d+\.\d+/);
    expect(Object.keys(JSON.parse(text)).sort()).toEqual([
      'badPieces',
      'bytes',
      'failedLinks',
      'links',
      'seconds',
      'segments',
      'stalledMs',
      'stalls',
      'stream',
      'trackerMessages',
      'v',
    ]);
  });

  it('counts segments that took longer than they play, and the time to the first link once', () => {
    now += 700;
    events.link();
    events.segment(3_900);
    events.segment(4_100);
    now += 1_000;
    events.link();
    reporter.report();
    expect(last()).toMatchObject({ segments: { late: 1 }, joinedMs: 700 });
  });

  it('counts stalls of the element that plays, not its start and its seeks', () => {
    media.currentTime = 0;
    media.fire('waiting');
    media.currentTime = 5;
    media.seeking = true;
    media.fire('waiting');
    media.seeking = false;
    media.fire('waiting');
    media.fire('waiting');
    now += 400;
    media.fire('playing');
    now += 10_000;
    media.fire('waiting');
    now += 600;
    reporter.report();
    expect(last()).toMatchObject({ stalls: 2, stalledMs: 1_000 });
    now += 200;
    media.fire('playing');
    now += 1_000;
    reporter.report();
    expect(last()).toMatchObject({ stalls: 0, stalledMs: 200 });
  });

  it('follows to another element', () => {
    const first = media;
    media = new Media();
    reporter.watch();
    first.fire('waiting');
    media.fire('waiting');
    now += 100;
    reporter.report();
    expect(last()).toMatchObject({ stalls: 1, stalledMs: 100 });
  });

  it('is not sent before a stream is known, and once more when it stops', () => {
    stream = undefined;
    now += 1_000;
    reporter.report();
    expect(sent).toEqual([]);
    stream = STREAM;
    now += 1_000;
    reporter.stop();
    reporter.stop();
    events.segment(9_000);
    expect(sent).toHaveLength(1);
    expect(last()).toMatchObject({ seconds: 2 });
  });
});
