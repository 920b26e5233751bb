import { authorityOf, isLoopbackHost, isPrivateHost, urlHost } from '../src/http/authority.js';
import { openCommand } from '../src/open-browser.js';
import { contentSecurityPolicy } from '../src/page/content-security-policy.js';
import { iceServersFor, PUBLIC_STUN } from '../src/page/ice-servers.js';

describe('the Host header', () => {
  it.each(['127.0.0.1:8008', 'localhost', 'my-host.example:443', '[::1]:8008', '[fe80::1]'])('is taken: %s', (host) => {
    expect(authorityOf(host, 'fallback')).toBe(host);
  });

  it.each([
    undefined,
    '',
    'a b',
    'a"b',
    'a/b',
    'user@host',
    'host:99999999',
    'host:70000',
    "x'y",
    'a\u00e4',
    'a,b',
    '[::1',
  ])('is not taken: %s', (host) => expect(authorityOf(host, 'fallback')).toBe('fallback'));

  it('tells private from public hosts', () => {
    for (const host of [
      '127.0.0.1',
      '10.1.2.3',
      '172.31.0.1',
      '192.168.1.1',
      '169.254.1.1',
      '[::1]',
      '[fd00::1]',
      'localhost',
      'tv',
      'tv.local',
    ]) {
      expect([host, isPrivateHost(host)]).toEqual([host, true]);
    }
    for (const host of ['8.8.8.8', '172.32.0.1', '[2001:db8::1]', 'example.org', '10.example.org']) {
      expect([host, isPrivateHost(host)]).toEqual([host, false]);
    }
    expect(isLoopbackHost('127.0.0.1')).toBe(true);
    expect(isLoopbackHost('192.168.1.1')).toBe(false);
  });

  it('is a URL one can open where the server listens on all addresses', () => {
    expect([urlHost('0.0.0.0'), urlHost('::'), urlHost('fe80::1'), urlHost('tv')]).toEqual([
      '127.0.0.1',
      '[::1]',
      '[fe80::1]',
      'tv',
    ]);
  });
});

describe('the page', () => {
  it('gets STUN servers only where viewers may be on the internet', () => {
    expect(iceServersFor('127.0.0.1', undefined)).toEqual([]);
    expect(iceServersFor('127.0.0.1', undefined, ['ws://10.0.0.1:8008/announce'])).toEqual([]);
    expect(iceServersFor('127.0.0.1', undefined, ['wss://tracker.example.org'])).toHaveLength(2);
    expect(iceServersFor('example.org', undefined)).toEqual(PUBLIC_STUN.map((urls) => ({ urls })));
    expect(iceServersFor('127.0.0.1', [{ urls: 'stun:a' }])).toEqual([{ urls: 'stun:a' }]);
  });

  it('connects to ourselves, the trackers and the segments\u2019 origins only', () => {
    const policy = contentSecurityPolicy([
      'wss://t.example/a;script-src *',
      'http://cdn.example:81',
      'http://cdn.example:81/x',
    ]);
    expect(policy).toContain("connect-src 'self' wss://t.example http://cdn.example:81;");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain('unsafe');
  });

  it('is opened by the command of the desktop, and by none where there is none', () => {
    expect(openCommand('darwin', {})).toEqual(['open']);
    expect(openCommand('linux', { DISPLAY: ':0' })).toEqual(['xdg-open']);
    expect(openCommand('linux', {})).toBeUndefined();
  });
});
