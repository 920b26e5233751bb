import type { HelperOptions } from '@live-torrent/helper';
import { UsageError } from '../errors.js';
import { numberBetween, parseFlags, trackerOf, urlOf, wholeNumberBetween } from '../flags.js';
import { announceUrls } from '../http/announce-urls.js';
import { headerOf } from '../http/request-header.js';
import { iceServerOf } from '../page/ice-url.js';
import { redactArgument } from '../redact.js';

/** What `live-torrent help` is asked for. */
export interface HelpOptions {
  /** What the helper is made with; `announce` is the trackers' URLs, without a token. */
  readonly helper: HelperOptions & { readonly announce?: readonly string[] };
  /** The secret by which tokens for the trackers are signed. */
  readonly secret: string | undefined;
  /** Statistics as one line of JSON each second. */
  readonly json: boolean;
  /** A table at the end. */
  readonly report: boolean;
  /** It ends by itself after this, s. */
  readonly seconds: number | undefined;
}

/** Its flags. */
export const HELP_FLAGS = {
  url: { type: 'string', short: 'u' },
  renditions: { type: 'string', default: 'highest' },
  all: { type: 'boolean', default: false },
  rate: { type: 'string' },
  memory: { type: 'string', default: '256' },
  announce: { type: 'string', multiple: true, default: [] as string[] },
  secret: { type: 'string' },
  ice: { type: 'string', multiple: true },
  header: { type: 'string', multiple: true, default: [] as string[] },
  group: { type: 'string' },
  'group-rule': { type: 'string' },
  viewers: { type: 'string' },
  report: { type: 'boolean', default: false },
  seconds: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Largest `--rate`, Mbit/s; `--memory`, MB; `--viewers`; `--seconds`. */
const MAX_RATE = 100_000;
const MAX_MEMORY = 1_000_000;
const MAX_VIEWERS = 1_000;
const MAX_SECONDS = 1_000_000_000;
/** Longest `--group`, characters. */
const MAX_GROUP = 256;

/**
 * Reads the command line behind `help`. Without a URL it is a call for help.
 * @throws {UsageError} naming the flag that is unknown, lacks its value or has a bad one.
 */
export function parseHelpOptions(argv: readonly string[]): HelpOptions | 'help' {
  const { values, positionals } = parseFlags(argv, HELP_FLAGS);
  const [positional, surplus] = positionals;
  if (surplus !== undefined || (positional !== undefined && values.url !== undefined))
    throw new UsageError(`help: one playlist at a time, not "${redactArgument(surplus ?? positional ?? '')}" too`);
  const text = values.url ?? positional;
  if (values.help || (text === undefined && argv.length === 0)) return 'help';
  if (text === undefined) throw new UsageError('help: -u/--url URL is missing');
  const url = urlOf(text, '-u/--url', ['http:', 'https:']);
  if (values.secret === '') throw new UsageError('--secret needs a secret');
  const { group, 'group-rule': rule } = values;
  if (group !== undefined && (group === '' || group.length > MAX_GROUP))
    throw new UsageError(`--group needs a name of 1 to ${MAX_GROUP} characters`);
  if (rule !== undefined && group === undefined) throw new UsageError('--group-rule needs --group');
  if (rule !== undefined && rule !== 'prefer' && rule !== 'only')
    throw new UsageError(`--group-rule: "${rule}" is not prefer or only`);
  const announce = values.announce.map(trackerOf);
  // A tracker that wants a token stands in no playlist.
  const trackers = values.secret === undefined ? announce : announceUrls(announce, url);
  return {
    helper: {
      url,
      renditions: renditionsOf(values.renditions),
      all: values.all,
      maxBytes: numberBetween(values.memory, '--memory', 1, MAX_MEMORY) * 1e6,
      headers: Object.fromEntries(values.header.map(headerOf)),
      ...(group !== undefined && { group }),
      ...(rule !== undefined && { groupRule: rule }),
      ...(values.viewers !== undefined && {
        viewers: wholeNumberBetween(values.viewers, '--viewers', 1, MAX_VIEWERS),
      }),
      ...(values.rate !== undefined && { maxUploadRate: numberBetween(values.rate, '--rate', 0, MAX_RATE) * 125_000 }),
      ...(trackers.length > 0 && { announce: trackers }),
      ...(values.ice !== undefined && { iceServers: values.ice.map(iceServerOf) }),
    },
    secret: values.secret,
    json: values.json,
    report: values.report,
    seconds: values.seconds === undefined ? undefined : numberBetween(values.seconds, '--seconds', 1, MAX_SECONDS),
  };
}

function renditionsOf(text: string): 'all' | 'highest' | number {
  if (text === 'all' || text === 'highest') return text;
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new UsageError(`--renditions: "${text}" is not all, highest or a whole number above 0`);
}
