import fc from 'fast-check';
import { redact, redactArgument } from '../src/redact.js';

describe('a text for people', () => {
  it.each([
    ['http://user:s3cret@host/live.m3u8: answered 401', 'http://host/live.m3u8: answered 401'],
    ['-u http://s3cret@host:8080/a: cannot be reached', '-u http://host:8080/a: cannot be reached'],
    ['https://host/a.ts?token=s3cret&ch=7 broke off', 'https://host/a.ts?token=…&ch=… broke off'],
    ['https://host/a?s3cret', 'https://host/a?…'],
    ['https://host/a#s3cret', 'https://host/a#…'],
    ['https://host/hdnts=exp=1~hmac=s3cret/a.ts', 'https://host/hdnts=…~hmac=…/a.ts'],
    ['GET /announce?token=s3cret failed', 'GET /announce?token=… failed'],
    ['#EXT-X-MAP:URI="init.mp4?token=s3cret",X=1', '#EXT-X-MAP:URI="init.mp4?token=…",X=1'],
    ['turn:alice:s3cret@host:3478', 'turn:…@host:3478'],
    ['turns:a:s3cret@h, stun:x', 'turns:…@h, stun:x'],
    ['wss://u:s3cret@t/announce?token=s3cret', 'wss://t/announce?token=…'],
  ])('has no secrets of URLs: %s', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it.each([
    ['a scheme', 'a.', 'http://host/'],
    ['a scheme, again and again', '+a', ''],
    ['a TURN server', 'turn:', ''],
    ['a query', '?a=b', 'http://host/'],
    ['the password of a server', 'a:', 'http://'],
    ['URLs', 'http://', ''],
  ])('takes linear time, however long what might be %s is', (_, part, before) => {
    const text = before + part.repeat(100_000);
    expect(redact(`${text} http://user:s3cret@host/`)).toMatch(/ http:\/\/host\/$/);
  });

  it('has no secrets of URLs that begin in the middle of a word, or have a long scheme', () => {
    expect(redact('1http://user:s3cret@host/')).toBe('1http://host/');
    expect(redact(`${'a'.repeat(40)}://user:s3cret@host/`)).toBe(`${'a'.repeat(40)}://host/`);
    expect(redact('stun:a,turn:alice:s3cret@h turn:bob:s3cret@h')).toBe('stun:…@h turn:…@h');
  });

  it('keeps what is none: magnets, questions, addresses', () => {
    const texts = [
      '###magnet:?xt=urn:btih:00&xl=7',
      '###live-torrent:?v=1&stream=00',
      'did you mean --out?',
      'http://[::1]:80/a@b/c',
      'a@b.example',
    ];
    for (const text of texts) expect(redact(text)).toBe(text);
  });

  it('never has the user and password of a URL, whatever they are', () => {
    const word = fc.stringMatching(/^[\w!$&'()*+,;=.~-]{6,20}$/);
    fc.assert(
      fc.property(word, word, (user, password) => {
        const text = redact(`a http://${user}:${password}@host/x b`);
        expect(text).toBe('a http://host/x b');
      }),
    );
  });

  it('hides all before the last @ of what was meant to be a URL', () => {
    expect(redactArgument('htp://user:s3/cr@et@host/')).toBe('htp://host/');
    expect(redactArgument('user:s3cret@host/live.m3u8')).toBe('…@host/live.m3u8');
  });
});
