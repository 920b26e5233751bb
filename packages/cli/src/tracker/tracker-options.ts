import { UsageError } from '../errors.js';
import { parseFlags, portNumberOf, wholeNumberBetween } from '../flags.js';
import { type TlsFiles, tlsFilesOf } from '../http/tls-files.js';
import { redactArgument } from '../redact.js';

/** What `live-torrent tracker` is asked for. */
export interface TrackerCommandOptions {
  /** Those that are served; undefined: any. */
  readonly streams: readonly string[] | undefined;
  readonly secret: string | undefined;
  readonly connections: number;
  readonly port: number;
  readonly host: string;
  readonly tls: TlsFiles | undefined;
}

/** Those of `tracker`. */
export const TRACKER_FLAGS = {
  stream: { type: 'string', multiple: true },
  secret: { type: 'string' },
  connections: { type: 'string', default: '100000' },
  port: { type: 'string', short: 'p', default: '8008' },
  host: { type: 'string', default: '127.0.0.1' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Connections that the server of the command line takes. */
const MOST = 100_000;

/**
 * Reads the command line behind `tracker`.
 * @throws {UsageError} naming the flag that is unknown, lacks its value or has a bad one.
 */
export function parseTrackerOptions(argv: readonly string[]): TrackerCommandOptions | 'help' {
  const { values, positionals } = parseFlags(argv, TRACKER_FLAGS);
  if (values.help) return 'help';
  const [surplus] = positionals;
  if (surplus !== undefined)
    throw new UsageError(`tracker: what is "${redactArgument(surplus)}"? --stream names a stream`);
  if (values.secret === '') throw new UsageError('--secret needs a secret');
  if (values.stream?.includes('')) throw new UsageError('--stream needs a stream');
  return {
    streams: values.stream,
    secret: values.secret,
    connections: wholeNumberBetween(values.connections, '--connections', 1, MOST),
    port: portNumberOf(values.port),
    host: values.host,
    tls: tlsFilesOf(values['tls-cert'], values['tls-key']),
  };
}
