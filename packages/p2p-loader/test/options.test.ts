import fc from 'fast-check';
import { DEFAULT_ICE_SERVERS, defaultCacheBytes, isPrivateHost } from '../src/options.js';

describe('a private host', () => {
  it.each([
    '',
    'localhost',
    'LOCALHOST',
    'app.localhost',
    'printer.local',
    '127.0.0.1',
    '10.1.2.3',
    '192.168.0.1',
    '169.254.1.1',
    '172.16.0.1',
    '172.31.255.255',
    '[::1]',
    '::1',
    '[fe80::1]',
    '[fd12:3456::1]',
    '[fc00::1]',
  ])('is %s', (host) => {
    expect(isPrivateHost(host)).toBe(true);
  });

  it.each([
    'example.com',
    'localhost.example.com',
    '10.example.com',
    '127.0.0.1.example.com',
    'fd.example.com',
    'fc00.example.com',
    '172.15.0.1',
    '172.32.0.1',
    '192.169.0.1',
    '8.8.8.8',
    '[2001:db8::1]',
    '[fec0::1]',
  ])('is not %s', (host) => {
    expect(isPrivateHost(host)).toBe(false);
  });

  it('is none of the public domains', () => {
    const publicDomain = fc.domain().filter((domain) => !/\.(local|localhost)$/i.test(domain));
    fc.assert(fc.property(publicDomain, (domain) => expect(isPrivateHost(domain)).toBe(false)));
  });
});

it('devices with at most 4 GiB keep 48 MiB of segments, others and unknown ones 128 MiB', () => {
  expect([2, 4, 8, undefined].map((memory) => defaultCacheBytes(memory) / 2 ** 20)).toEqual([48, 48, 128, 128]);
});

it('the public ICE servers are STUN only', () => {
  for (const { urls } of DEFAULT_ICE_SERVERS) for (const url of [urls].flat()) expect(url).toMatch(/^stun:/);
});
