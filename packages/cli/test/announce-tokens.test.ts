import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { readStream } from '@live-torrent/manifest-magnetizer';
import { AnnounceTokens } from '@live-torrent/tracker';
import { WebSocket } from 'ws';
import { createServer } from '../src/create-server.js';
import { parseOptions } from '../src/options.js';
import type { LiveTorrentServer } from '../src/server.js';

const sign = (secret: string, expiry: number): string =>
  `${expiry}.${createHmac('sha256', secret).update(String(expiry)).digest('base64url')}`;

describe('an announce token', () => {
  const clock = { now: 1_000_000_000_000 };
  const tokens = new AnnounceTokens('secret', () => clock.now);
  beforeEach(() => {
    clock.now = 1_000_000_000_000;
  });

  it('is what its description says, so that others can issue it', () => {
    expect(tokens.issue()).toBe(sign('secret', 1_000_000_300));
  });

  it('holds five minutes', () => {
    const token = tokens.issue();
    expect(tokens.accepts(token)).toBe(true);
    clock.now += 299_999;
    expect(tokens.accepts(token)).toBe(true);
    clock.now += 1;
    expect(tokens.accepts(token)).toBe(false);
  });

  it('of a backend may hold a day, and no longer', () => {
    expect(tokens.accepts(sign('secret', 1_000_086_400))).toBe(true);
    expect(tokens.accepts(sign('secret', 1_000_086_401))).toBe(false);
  });

  it('is refused with another secret, another expiry, or another form', () => {
    const token = tokens.issue();
    const [expiry = '', hmac = ''] = token.split('.');
    for (const bad of [
      null,
      '',
      '.',
      expiry,
      hmac,
      sign('other', Number(expiry)),
      `${Number(expiry) + 1}.${hmac}`,
      `0${expiry}.${hmac}`,
      `${token}=`,
      `${token}.x`,
      token.slice(0, -1),
      ` ${token}`,
      `1e9.${hmac}`,
    ]) {
      expect([bad, tokens.accepts(bad)]).toEqual([bad, false]);
    }
  });
});

describe('--tracker-secret', () => {
  let server: LiveTorrentServer;
  afterEach(() => server.close());

  const start = async (...flags: string[]): Promise<string> => {
    const fixture = fileURLToPath(new URL('./fixtures/ts', import.meta.url));
    const options = parseOptions(['-f', fixture, '-l', '-p', '0', ...flags]);
    if (typeof options === 'string') throw new Error(options);
    server = await createServer(options, { info: () => {}, warn: () => {}, manifest: () => {} });
    await server.listen();
    return server.url;
  };

  /** 101, or the status with which the upgrade was refused. */
  const connect = async (url: string): Promise<number> => {
    const socket = new WebSocket(url);
    const [status] = await Promise.race([
      once(socket, 'open').then(() => [101]),
      once(socket, 'unexpected-response').then(([, response]) => [response.statusCode as number]),
    ]);
    socket.on('error', () => {});
    socket.terminate();
    return status as number;
  };

  it('lets in who has a token, and nobody else', async () => {
    const url = await start('--tracker-secret', 'secret');
    const tracker = `${url.replace('http', 'ws')}announce`;
    const later = Math.floor(Date.now() / 1000) + 60;
    expect(await connect(`${tracker}?token=${sign('secret', later)}`)).toBe(101);
    expect(await connect(tracker)).toBe(403);
    expect(await connect(`${tracker}?token=${sign('guess', later)}`)).toBe(403);
    expect(await connect(`${tracker}?token=${sign('secret', later - 120)}`)).toBe(403);
    expect(await connect(`${url.replace('http', 'ws')}other?token=${sign('secret', later)}`)).toBe(404);
  });

  it('gives its own page a URL that works, never cached, and no other site', async () => {
    const url = await start('--tracker-secret', 'secret');
    const config = await (await fetch(`${url}config.json`)).json();
    expect(config).toMatchObject({ announceList: '/announce.json', iceServers: [] });
    const response = await fetch(new URL(config.announceList, url));
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    const { announce } = await response.json();
    expect(announce).toHaveLength(1);
    expect(await connect(announce[0])).toBe(101);
  });

  it('keeps token and tracker out of playlists, whose stream stays named', async () => {
    const url = await start('--tracker-secret', 'secret');
    const playlist = await (await fetch(`${url}manifest.m3u8`)).text();
    expect(playlist).not.toContain('token');
    expect(readStream(playlist)).toEqual({ stream: expect.stringMatching(/^[0-9a-f]{40}$/), announce: [] });
  });

  it('lets everybody in without it', async () => {
    const url = await start();
    expect(await connect(`${url.replace('http', 'ws')}announce`)).toBe(101);
    expect((await fetch(`${url}announce.json`)).status).toBe(404);
  });
});
