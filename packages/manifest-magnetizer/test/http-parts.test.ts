import { contentCodings, splitUserInfo } from '../src/node/index.js';

it.each([
  [undefined, []],
  ['', []],
  ['GZIP', ['gzip']],
  ['deflate, br', ['deflate', 'br']],
  ['utf-8', []],
  ['aws-chunked', []],
  // Chromium takes the whole header for none of its own.
  ['gzip, utf-8', []],
  ['identity', []],
  ['zstd', ['zstd']],
])('Content-Encoding %j has the codings %j', (header, codings) => {
  expect(contentCodings(header)).toEqual(codings);
});

it('user and password of a URL become an Authorization header', () => {
  const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
  expect(splitUserInfo('http://a:b%40@h/x?y')).toEqual({ url: 'http://h/x?y', authorization: basic('a:b@') });
  expect(splitUserInfo('http://ü:%zz@h/')).toEqual({ url: 'http://h/', authorization: basic('ü:%zz') });
  expect(splitUserInfo('http://h/x')).toEqual({ url: 'http://h/x', authorization: undefined });
});
