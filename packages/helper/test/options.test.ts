import { readOptions } from '../src/options.js';

describe('the options of a helper', () => {
  it('have defaults but for the URL', () => {
    expect(readOptions({ url: 'http://origin/live.m3u8' })).toEqual({
      url: 'http://origin/live.m3u8',
      renditions: 'highest',
      all: false,
      maxUploadRate: undefined,
      maxBytes: 256 * 1024 * 1024,
      viewers: undefined,
      announce: undefined,
      group: undefined,
      groupRule: undefined,
      iceServers: undefined,
      headers: {},
    });
  });

  it.each([
    ['url', { url: 'ftp://origin/live.m3u8' }],
    ['url', { url: 'live.m3u8' }],
    ['renditions', { url: 'http://origin/', renditions: 0 }],
    ['renditions', { url: 'http://origin/', renditions: 1.5 }],
    ['maxUploadRate', { url: 'http://origin/', maxUploadRate: Number.NaN }],
    ['maxBytes', { url: 'http://origin/', maxBytes: 0 }],
    ['viewers', { url: 'http://origin/', viewers: 1_001 }],
    ['group', { url: 'http://origin/', group: '' }],
    ['groupRule', { url: 'http://origin/', groupRule: 'only' }],
    ['announce', { url: 'http://origin/', announce: ['http://tracker/'] }],
  ] as const)('that are wrong are named: %s', (name, options) => {
    expect(() => readOptions(options)).toThrow(new RegExp(`^createHelper: option "${name}" must`));
  });

  it('that are functions are asked where they are', () => {
    expect(readOptions({ url: 'http://origin/', announce: () => [] }).announce).toBe('ask');
  });
});
