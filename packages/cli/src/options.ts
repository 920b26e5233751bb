import { parseArgs } from 'node:util';
import { UsageError } from './errors.js';
import { hostPort } from './http/host-port.js';
import { type IceServer, parseIceUrl } from './page/ice-url.js';

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
  /** Shortest time between two reloads of one upstream playlist, s. */
  readonly refresh: number;
  /** Hosts besides the upstream's that may have private addresses, each `host` or `host:port`. */
  readonly allowHosts: readonly string[];
  /** 0 lets the system choose. */
  readonly port: number;
  readonly host: string;
  /** Announce URLs for the playlists; empty: the embedded tracker. */
  readonly announce: readonly string[];
  /** Viewers need a token signed with this to reach the embedded tracker; undefined: all may. */
  readonly trackerSecret: string | undefined;
  /** ICE servers for the page; undefined: see `iceServersFor`. */
  readonly ice: readonly IceServer[] | undefined;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
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
  refresh: { type: 'string', short: 'r', default: '2' },
  'allow-host': { type: 'string', multiple: true, default: [] as string[] },
  port: { type: 'string', short: 'p', default: '8008' },
  host: { type: 'string', default: '127.0.0.1' },
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
  const values = parse(siteValues(argv));
  if (values.help) return 'help';
  if (values.version) return 'version';
  if (values.url === undefined && values.folder === undefined) throw new UsageError('give -u URL or -f FOLDER');
  if (values.url !== undefined && values.folder !== undefined) {
    throw new UsageError('-u/--url and -f/--folder exclude each other');
  }
  if (values.loop && values.folder === undefined) throw new UsageError('-l/--loop needs -f/--folder');
  const trackerSecret = values['tracker-secret'];
  if (trackerSecret === '') throw new UsageError('--tracker-secret needs a secret');
  if (trackerSecret !== undefined && values.announce.length > 0) {
    throw new UsageError(
      '--tracker-secret is for the embedded tracker, --announce names others: they exclude each other',
    );
  }
  if (values.folder === '') throw new UsageError('-f/--folder needs a folder');
  if (values['allow-host'].length > 0 && values.url === undefined) throw new UsageError('--allow-host needs -u/--url');
  const cert = values['tls-cert'];
  const key = values['tls-key'];
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--tls-cert and --tls-key go together');
  return {
    url: values.url === undefined ? undefined : urlOf(values.url, '-u/--url', ['http:', 'https:']),
    folder: values.folder,
    loop: values.loop,
    site: values.site,
    verbose: values.verbose,
    refresh: numberOf(values.refresh, '-r/--refresh', (n) => n > 0 && n <= MAX_REFRESH, `above 0, to ${MAX_REFRESH}`),
    allowHosts: values['allow-host'].map(hostOf),
    port: numberOf(values.port, '-p/--port', (n) => Number.isInteger(n) && n >= 0 && n < 65536, '0 to 65535'),
    host: values.host,
    announce: values.announce.map((url) => urlOf(url, '--announce', ['ws:', 'wss:']).href),
    trackerSecret,
    ice: values.ice?.map(iceServerOf),
    tls: cert === undefined || key === undefined ? undefined : { cert, key },
    open: values.open,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: FLAGS, strict: true, allowPositionals: false, allowNegative: true }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
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

/** @throws {UsageError} naming the flag when the text is no URL with one of the protocols, each such as `ws:`. */
export function urlOf(text: string, flag: string, protocols: readonly string[]): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !protocols.includes(url.protocol)) {
    throw new UsageError(`${flag}: "${text}" is not a ${protocols.join(' or ')} URL`);
  }
  return url;
}

function iceServerOf(text: string): IceServer {
  const server = parseIceUrl(text);
  if (typeof server === 'string') throw new UsageError(`--ice: ${server}`);
  return server;
}

function hostOf(text: string): string {
  const host = hostPort(text);
  if (host === undefined) throw new UsageError(`--allow-host: "${text}" is not a host, or host and port`);
  return host;
}

function numberOf(text: string, flag: string, accepts: (n: number) => boolean, range: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!accepts(value)) throw new UsageError(`${flag}: "${text}" is not a number ${range}`);
  return value;
}
