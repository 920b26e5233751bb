import { UsageError } from '../src/errors.js';
import { type CliOptions, parseOptions } from '../src/options.js';

function parsed(...argv: string[]): CliOptions {
  const options = parseOptions(argv);
  if (typeof options === 'string') throw new Error(`parsed as ${options}`);
  return options;
}

describe('the command line', () => {
  it('has the documented defaults', () => {
    expect(parsed('-f', 'feed')).toEqual({
      url: undefined,
      folder: 'feed',
      loop: false,
      site: true,
      verbose: false,
      wait: false,
      parts: false,
      refresh: 2,
      allowHosts: [],
      headers: [],
      cache: undefined,
      port: 8008,
      host: '127.0.0.1',
      announce: [],
      trackerSecret: undefined,
      ice: undefined,
      tls: undefined,
      open: false,
    });
  });

  it('takes short and long flags', () => {
    expect(parsed('-u', 'http://a/b.m3u8', '-v', '-r', '0.5', '-p', '0').url?.href).toBe('http://a/b.m3u8');
    const options = parsed(
      '--folder=x',
      '--loop',
      '--verbose',
      '--refresh',
      '3',
      '--port',
      '1',
      '--host',
      '::1',
      '--open',
    );
    expect(options).toMatchObject({
      folder: 'x',
      loop: true,
      verbose: true,
      refresh: 3,
      port: 1,
      host: '::1',
      open: true,
    });
  });

  it.each([
    [['-s'], true],
    [['-s', 'true'], true],
    [['-s', 'false'], false],
    [['-s=false'], false],
    [['--site=false'], false],
    [['--site', 'false'], false],
    [['--no-site'], false],
    [['--no-s'], false],
  ])('reads the demo page switch %j', (flags, site) => {
    expect(parsed(...flags, '-f', 'x').site).toBe(site);
    expect(parsed('-f', 'x', ...flags).site).toBe(site);
  });

  it('takes --announce and --ice several times', () => {
    const options = parsed(
      '-f',
      'x',
      '--announce',
      'ws://a/x',
      '--announce',
      'wss://b/',
      '--ice',
      'stun:c:1',
      '--ice',
      'turn:u:p@d',
    );
    expect(options.announce).toEqual(['ws://a/x', 'wss://b/']);
    expect(options.ice).toEqual([{ urls: 'stun:c:1' }, { urls: 'turn:d', username: 'u', credential: 'p' }]);
  });

  it.each([
    ['turn:alice:s3cret@h.example:3478', { urls: 'turn:h.example:3478', username: 'alice', credential: 's3cret' }],
    ['turns://a:b:c@[2001:db8::1]:5349', { urls: 'turns:[2001:db8::1]:5349', username: 'a', credential: 'b:c' }],
    [
      'turn:1700%3Aa:x%2F%40%25=@h?transport=tcp',
      { urls: 'turn:h?transport=tcp', username: '1700:a', credential: 'x/@%=' },
    ],
    ['STUNS:h', { urls: 'stuns:h' }],
  ])('reads the ICE server %s', (url, server) => {
    expect(parsed('-f', 'x', '--ice', url).ice).toEqual([server]);
  });

  it('does not repeat a password in what it says is wrong', () => {
    expect(() => parsed('-f', 'x', '--ice', 'turn:alice:s3cret@h:99999')).toThrow(/--ice: "turn:alice:\*\*\*@h:99999"/);
  });

  it('takes a URL and a folder without their flags, too', () => {
    expect(parsed('https://a/b.m3u8')).toEqual(parsed('-u', 'https://a/b.m3u8'));
    expect(parsed('segments/', '-l')).toEqual(parsed('-f', 'segments/', '-l'));
    expect(parsed('--wait', 'http://a/', '-v')).toMatchObject({ url: new URL('http://a/'), wait: true, verbose: true });
    expect(parsed('--', '-odd-').folder).toBe('-odd-');
    // A folder may have a name that is like a command's.
    expect(parsed('estimates', '-l')).toEqual(parsed('-f', 'estimates', '-l'));
    // A drive of Windows is no scheme.
    expect(parsed('C:\\films').folder).toBe('C:\\films');
  });

  it.each([
    [['--folde', 'x'], /^unknown flag --folde: did you mean --folder\?$/],
    [['--loops', 'x'], /--loops: did you mean --loop\?/],
    [['--alow-host=x'], /--alow-host: did you mean --allow-host\?/],
    [['--no-sites', 'x'], /--no-sites: did you mean --no-site\?/],
    [['--ulr', 'http://a/'], /^unknown flag --ulr: did you mean --url\?$/],
    [['x', '--frobnicate'], /^unknown flag --frobnicate$/],
    [['x', '-q'], /^unknown flag -q$/],
    // parseArgs would take it for `-p ort`.
    [['x', '-port', '80'], /-port: did you mean --port\?/],
    [['-folder', 'x'], /-folder: did you mean --folder\?/],
    [['vod/index.m3u8', '--out', 'x'], /--out is a flag of live-torrent magnetize/],
    [['magnetise', 'vod/index.m3u8'], /no command "magnetise": did you mean magnetize\?/],
    [['traker', '--stream', 'x'], /no command "traker": did you mean tracker\?/],
    [['estmate', '--viewers', '5'], /no command "estmate": did you mean estimate\?/],
    [['halp', '--viewers', '5'], /no command "halp": did you mean help\?/],
    [['magnetze', '--out=x', 'vod'], /no command "magnetze": did you mean magnetize\?/],
    [['a', 'b'], /one feed at a time, .*not "b" too/],
    [['-f', 'a', 'b'], /one feed at a time, .*not "b" too/],
    [['-u', 'http://a/', 'b'], /one feed at a time, .*not "b" too/],
    [['a', 'http://user:s3cret@b/'], /one feed at a time, .*not another URL too/],
    [['-f', 'http://user:s3cret@a/'], /^-f\/--folder takes no URL: -u\/--url does$/],
    [['rtmp://a/b'], /-u\/--url: .* is not a http: or https: URL/],
    [['-u', 'segments/'], /-u\/--url: "segments\/" .*-f\/--folder takes folders/],
    [['x', '--wait'], /--wait needs -u/],
    [['x', '--parts'], /--parts needs -u/],
    [['--tracker-secret', '--s3cret', 'x'], /^(?!.*s3cret).*--tracker-secret/s],
  ])('says of %j what is wrong and what may have been meant', (argv, message) => {
    expect(() => parseOptions(argv)).toThrow(UsageError);
    expect(() => parseOptions(argv)).toThrow(message);
  });

  it('takes hosts as URLs write them for --allow-host', () => {
    const hosts = ['CDN.lan', 'a:80', '::1', '[fe80::0:1]:8080', '10.0.0.1'].flatMap((host) => ['--allow-host', host]);
    expect(parsed('-u', 'http://a/', ...hosts).allowHosts).toEqual([
      'cdn.lan',
      'a:80',
      '[::1]',
      '[fe80::1]:8080',
      '10.0.0.1',
    ]);
  });

  it.each([
    [[], /-u URL or -f FOLDER/],
    [['-u', 'http://a/', '-f', 'x'], /-u.*-f/],
    [['-f', 'x', '--bogus'], /--bogus/],
    [['-f', 'x', '-q'], /-q/],
    [['-f', 'x', 'extra'], /extra/],
    [['-f'], /-f/],
    [['-u', 'feed.m3u8'], /-u\/--url/],
    [['-u', 'ftp://a/b'], /-u\/--url/],
    [['-u', 'http://a/', '-l'], /-l\/--loop/],
    [['-f', 'x', '-p', '65536'], /-p\/--port/],
    [['-f', 'x', '-p', '80a'], /-p\/--port/],
    [['-f', 'x', '-r', '0'], /-r\/--refresh/],
    [['-f', 'x', '-r', ''], /-r\/--refresh/],
    [['-f', 'x', '--announce', 'http://a/'], /--announce/],
    [['-f', 'x', '--ice', 'http://a/'], /--ice: "http/],
    [['-f', 'x', '--ice', 'turn:h:3478'], /--ice: .* needs a user and a password/],
    [['-f', 'x', '--ice', 'turn:alice@h'], /--ice: .* needs a user and a password/],
    [['-f', 'x', '--ice', 'turn:alice:%@h'], /--ice: .* needs a user and a password/],
    [['-f', 'x', '--ice', 'turn:a:b@h?transport=sctp'], /--ice/],
    [['-f', 'x', '--ice', 'stun:a:b@h'], /--ice: .* STUN has no user/],
    [['-f', 'x', '--ice', 'stun:'], /--ice/],
    [['-f', 'x', '--allow-host', 'a'], /--allow-host needs -u/],
    [['-u', 'http://a/', '--allow-host', 'http://b/'], /--allow-host: "http:\/\/b\/"/],
    [['-u', 'http://a/', '--allow-host', 'b:99999'], /--allow-host/],
    [['-u', 'http://a/', '--allow-host', ''], /--allow-host/],
    [['-f', 'x', '--tracker-secret', ''], /--tracker-secret/],
    [['-f', 'x', '--tracker-secret', 's', '--announce', 'ws://a/'], /--tracker-secret.*--announce/],
    [['-f', 'x', '--tls-cert', 'c.pem'], /--tls-key/],
    [['-f', 'x', '--loop=maybe'], /loop/],
  ])('refuses %j and names the flag', (argv, message) => {
    expect(() => parseOptions(argv)).toThrow(UsageError);
    expect(() => parseOptions(argv)).toThrow(message);
  });

  it('answers --help and --version whatever else is missing', () => {
    expect(parseOptions(['-h'])).toBe('help');
    expect(parseOptions(['--version'])).toBe('version');
  });
});
