import { refuseMistyped } from './commands.js';
import { UsageError } from './errors.js';
import { isUrl, numberOf, parseFlags, portNumberOf, trackerOf, urlOf } from './flags.js';
import { hostPort } from './http/host-port.js';
import { headerOf } from './http/request-header.js';
import { type TlsFiles, tlsFilesOf } from './http/tls-files.js';
import { MAGNETIZE_FLAGS } from './magnetize/magnetize-options.js';
import { type IceServer, iceServerOf } from './page/ice-url.js';
import { redactArgument } from './redact.js';

/** What the command line asks for. */
export interface CliOptions {
  /** The live feed's Media or Multivariant Playlist. Exactly one of `url` and `folder` is given. */
  readonly url: URL | undefined;
  /** The folder of segments. */
  readonly folder: string | undefined;
  /** Play the folder again from its start when it ends. */
  readonly loop: boolean;
  /** Serve the demo page. */
  readonly site: boolean;
  /** Print each manifest that changes. */
  readonly verbose: boolean;
  /** Wait for an upstream whose feed has not begun. */
  readonly wait: boolean;
  /** Write the SHA-1 of Partial Segments, so that viewers give each other those, too. */
  readonly parts: boolean;
  /** Shortest time between two reloads of one upstream playlist, s. */
  readonly refresh: number;
  /** Hosts besides the upstream's that may have private addresses, each `host` or `host:port`. */
  readonly allowHosts: readonly string[];
  /** Headers for the upstream's origin. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The Redis in which processes of one feed share hashes. */
  readonly cache: string | undefined;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly host: string;
  /** The origin that viewers open, `scheme://host[:port]`; undefined: what their requests name. */
  readonly publicOrigin: string | undefined;
  /** Announce URLs for the playlists; empty: the embedded tracker. */
  readonly announce: readonly string[];
  /** Viewers need a token signed with this to reach the embedded tracker; undefined: all may. */
  readonly trackerSecret: string | undefined;
  /** ICE servers for the page; undefined: see `iceServersFor`. */
  readonly ice: readonly IceServer[] | undefined;
  readonly tls: TlsFiles | undefined;
  /** Open the page in a desktop browser. */
  readonly open: boolean;
}

/** Longest `--refresh`, s. */
const MAX_REFRESH = 3600;

const FLAGS = {
  url: { type: 'string', short: 'u' },
  folder: { type: 'string', short: 'f' },
  loop: { type: 'boolean', short: 'l', default: false },
  site: { type: 'boolean', short: 's', default: true },
  verbose: { type: 'boolean', short: 'v', default: false },
  wait: { type: 'boolean', default: false },
  parts: { type: 'boolean', default: false },
  refresh: { type: 'string', short: 'r', default: '2' },
  header: { type: 'string', multiple: true, default: [] as string[] },
  cache: { type: 'string' },
  'allow-host': { type: 'string', multiple: true, default: [] as string[] },
  port: { type: 'string', short: 'p', default: '8008' },
  host: { type: 'string', default: '127.0.0.1' },
  'public-url': { type: 'string' },
  announce: { type: 'string', multiple: true, default: [] as string[] },
  'tracker-secret': { type: 'string' },
  ice: { type: 'string', multiple: true },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  open: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', default: false },
} as const;

/**
 * Reads the command line, without the interpreter and the script.
 * @throws {UsageError} naming the flag that is unknown, lacks its value or has a bad one.
 */
export function parseOptions(argv: readonly string[]): CliOptions | 'help' | 'version' {
  refuseMistyped(argv, FLAGS);
  const { values, positionals } = parseFlags(siteValues(argv), FLAGS, {
    name: 'live-torrent magnetize',
    flags: MAGNETIZE_FLAGS,
  });
  if (values.help) return 'help';
  if (values.version) return 'version';
  const { url, folder } = feedOf(values, positionals);
  if (values.loop && folder === undefined) throw new UsageError('-l/--loop needs -f/--folder');
  if (values.wait && url === undefined) throw new UsageError('--wait needs -u/--url');
  if (values.parts && url === undefined) throw new UsageError('--parts needs -u/--url');
  const trackerSecret = values['tracker-secret'];
  if (trackerSecret === '') throw new UsageError('--tracker-secret needs a secret');
  if (trackerSecret !== undefined && values.announce.length > 0) {
    throw new UsageError(
      '--tracker-secret is for the embedded tracker, --announce names others: they exclude each other',
    );
  }
  if (values['allow-host'].length > 0 && url === undefined) throw new UsageError('--allow-host needs -u/--url');
  if (values.header.length > 0 && url === undefined) throw new UsageError('--header needs -u/--url');
  if (values.cache !== undefined && url === undefined) throw new UsageError('--cache needs -u/--url');
  const tls = tlsFilesOf(values['tls-cert'], values['tls-key']);
  return {
    url,
    folder,
    loop: values.loop,
    site: values.site,
    verbose: values.verbose,
    wait: values.wait,
    parts: values.parts,
    refresh: numberOf(values.refresh, '-r/--refresh', (n) => n > 0 && n <= MAX_REFRESH, `above 0, to ${MAX_REFRESH}`),
    allowHosts: values['allow-host'].map(hostOf),
    headers: values.header.map(headerOf),
    cache: values.cache === undefined ? undefined : urlOf(values.cache, '--cache', ['redis:', 'rediss:']).href,
    port: portNumberOf(values.port),
    host: values.host,
    publicOrigin: values['public-url'] === undefined ? undefined : publicOriginOf(values['public-url']),
    announce: values.announce.map(trackerOf),
    trackerSecret,
    ice: values.ice?.map(iceServerOf),
    tls,
    open: values.open,
  };
}

/** What is to be played, however it is named: by a flag or, as most people try first, without. */
function feedOf(
  values: { readonly url?: string | undefined; readonly folder?: string | undefined },
  positionals: readonly string[],
): Pick<CliOptions, 'url' | 'folder'> {
  const [named = '', second] = positionals;
  const urls = [values.url, ...positionals.filter(isUrl)].filter((url) => url !== undefined);
  const folders = [values.folder, ...positionals.filter((text) => !isUrl(text))].filter((text) => text !== undefined);
  if (urls.length + folders.length > 1) {
    const surplus = second ?? named;
    const also =
      positionals.length === 0 ? '' : `, not ${isUrl(surplus) ? 'another URL' : `"${redactArgument(surplus)}"`} too`;
    throw new UsageError(`one feed at a time, -u URL or -f FOLDER${also}`);
  }
  const [url] = urls;
  const [folder] = folders;
  if (url === undefined && folder === undefined) throw new UsageError('give -u URL or -f FOLDER');
  if (folder === '') throw new UsageError('-f/--folder needs a folder');
  if (folder !== undefined && isUrl(folder)) throw new UsageError('-f/--folder takes no URL: -u/--url does');
  return { url: url === undefined ? undefined : feedUrl(url), folder };
}

/** The page and its playlists name each other by absolute paths: they are served at the root only. */
function publicOriginOf(text: string): string {
  const { origin, pathname, search, hash, username, password } = urlOf(text, '--public-url', ['http:', 'https:']);
  if (username !== '' || password !== '')
    throw new UsageError('--public-url takes no user and password: viewers read it');
  if (pathname !== '/' || search !== '' || hash !== '') {
    throw new UsageError(`--public-url: "${redactArgument(text)}" has a path: what is served is served at the root`);
  }
  return origin;
}

function feedUrl(text: string): URL {
  if (!isUrl(text))
    throw new UsageError(`-u/--url: "${redactArgument(text)}" is not a http: or https: URL; -f/--folder takes folders`);
  return urlOf(text, '-u/--url', ['http:', 'https:']);
}

/** `-s` is a switch that older command lines give a value, `-s false`; `parseArgs` knows no such switches. */
function siteValues(argv: readonly string[]): string[] {
  const args: string[] = [];
  for (const arg of argv) {
    const last = args.at(-1);
    const joined = /^(?:-s|--site)=(true|false)$/.exec(arg)?.[1];
    const value = joined ?? (last === '-s' || last === '--site' ? /^(?:true|false)$/.exec(arg)?.[0] : undefined);
    if (value === undefined) {
      args.push(arg === '--no-s' ? '--no-site' : arg);
      continue;
    }
    if (joined === undefined) args.pop();
    args.push(value === 'true' ? '--site' : '--no-site');
  }
  return args;
}

function hostOf(text: string): string {
  const host = hostPort(text);
  if (host === undefined)
    throw new UsageError(`--allow-host: "${redactArgument(text)}" is not a host, or host and port`);
  return host;
}
