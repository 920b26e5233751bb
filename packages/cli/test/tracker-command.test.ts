import { once } from 'node:events';
import { WebSocket } from 'ws';
import { main } from '../src/main.js';
import { parseTrackerOptions } from '../src/tracker/tracker-options.js';

const running: (() => Promise<number>)[] = [];
afterEach(async () => {
  for (const stop of running.splice(0)) await stop();
});

/** The command, until `stop()`. */
function command(...argv: string[]): {
  readonly url: Promise<string>;
  stop(): Promise<number>;
  readonly lines: string[];
} {
  const lines: string[] = [];
  let stop = (): void => {};
  let found = (_url: string): void => {};
  const url = new Promise<string>((resolve) => {
    found = resolve;
  });
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const out = (text: string): void => {
    lines.push(text);
    const announced = /^tracker {2}(\S+)/.exec(text)?.[1];
    if (announced !== undefined) found(announced);
  };
  const ended = main(['tracker', ...argv], { out, err: out, status: undefined, stopped: () => stopped });
  const end = (): Promise<number> => {
    stop();
    return ended;
  };
  running.push(end);
  return { url, lines, stop: end };
}

async function announce(url: string, stream: string): Promise<Record<string, unknown>> {
  const client = new WebSocket(url);
  await once(client, 'open');
  const info_hash = Buffer.from(stream, 'hex').toString('latin1');
  client.send(JSON.stringify({ action: 'announce', info_hash, peer_id: 'p'.repeat(20), left: 1 }));
  const [message] = await once(client, 'message');
  client.terminate();
  return JSON.parse(String(message)) as Record<string, unknown>;
}

const STREAM = 'ab'.repeat(20);

describe('live-torrent tracker', () => {
  it('serves any stream at any path, says its figures, and ends well', async () => {
    const tracker = command('-p', '0');
    const url = await tracker.url;
    expect(await announce(`${url}announce`, STREAM)).toMatchObject({ interval: 60, incomplete: 1 });
    expect(await announce(url, '00'.repeat(20))).toMatchObject({ incomplete: 1 });
    const stats = await (await fetch(`${url.replace('ws', 'http')}stats.json`)).json();
    expect(stats).toMatchObject({ tracker: { announces: 2, refused: 0 } });
    expect((await fetch(url.replace('ws', 'http'))).status).toBe(404);
    expect((await fetch(url.replace('ws', 'http'), { method: 'POST' })).status).toBe(405);
    expect(await tracker.stop()).toBe(0);
  });

  it('starts again on the same port at once, while viewers are connected', async () => {
    const first = command('-p', '0');
    const url = await first.url;
    const viewer = new WebSocket(url);
    await once(viewer, 'open');
    const closed = once(viewer, 'close');
    expect(await first.stop()).toBe(0);
    await closed;
    const next = command('-p', new URL(url).port);
    expect(await announce(await next.url, STREAM)).toMatchObject({ incomplete: 1 });
    expect(await next.stop()).toBe(0);
  });

  it('serves the streams of --stream and no others, to those with a token of --secret', async () => {
    const tracker = command('-p', '0', '--stream', STREAM, '--secret', 'a secret');
    const url = await tracker.url;
    const refused = new WebSocket(url);
    refused.on('error', () => {});
    const [, response] = await once(refused, 'unexpected-response');
    expect(response.statusCode).toBe(403);
    refused.terminate();
    const { AnnounceTokens } = await import('@live-torrent/tracker');
    const allowed = new AnnounceTokens('a secret', Date.now).addTo(url);
    expect(await announce(allowed, STREAM)).toMatchObject({ incomplete: 1 });
    expect(await announce(allowed, '00'.repeat(20))).toHaveProperty('failure reason');
    expect(await tracker.stop()).toBe(0);
    expect(tracker.lines.join()).not.toContain('a secret');
  });

  it('names the port that is in use', async () => {
    const first = command('-p', '0');
    const { port } = new URL(await first.url);
    const second = command('-p', port);
    expect(await second.stop()).toBe(1);
    expect(second.lines.join()).toContain(`port ${port} on 127.0.0.1 is in use`);
  });
});

describe('the command line of tracker', () => {
  it('has defaults for everything', () => {
    expect(parseTrackerOptions([])).toEqual({
      streams: undefined,
      secret: undefined,
      connections: 100_000,
      port: 8008,
      host: '127.0.0.1',
      tls: undefined,
    });
    expect(parseTrackerOptions(['--stream', 'a', '--stream', 'b'])).toMatchObject({ streams: ['a', 'b'] });
    expect(parseTrackerOptions(['-h'])).toBe('help');
  });

  it.each([
    [['--streams', 'x'], /--streams: did you mean --stream\?/],
    [['https://a/live.m3u8'], /what is "https:\/\/a\/live.m3u8"\? --stream/],
    [['--secret', ''], /--secret/],
    [['--stream', ''], /--stream/],
    [['--connections', '0'], /--connections/],
    [['--tls-key', 'x'], /--tls-cert/],
    [['-p', '70000'], /--port/],
  ])('%j is refused, and the flag is named', (argv, message) => {
    expect(() => parseTrackerOptions(argv)).toThrow(message);
  });
});
