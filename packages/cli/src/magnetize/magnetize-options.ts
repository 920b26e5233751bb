import { UsageError } from '../errors.js';
import { isUrl, parseFlags, trackerOf, urlOf } from '../flags.js';
import { redactArgument } from '../redact.js';

/** What `live-torrent magnetize` is asked for. */
export interface MagnetizeOptions {
  /** A playlist of the tree, whose folder is the tree; or that folder. */
  readonly input: string;
  /** The folder for the annotated playlists. */
  readonly out: string;
  /** Follow the tree until the process is asked to stop. */
  readonly watch: boolean;
  /** Announce URLs for the playlists. */
  readonly announce: readonly string[];
  /** Names the stream of all playlists of the tree; undefined: each is named by its URL. */
  readonly stream: string | undefined;
  /** The URL that the tree is served at; undefined: see `baseUrlOf`. */
  readonly baseUrl: string | undefined;
}

/** The flags behind `magnetize`. */
export const MAGNETIZE_FLAGS = {
  out: { type: 'string', short: 'o' },
  watch: { type: 'boolean', short: 'w', default: false },
  announce: { type: 'string', multiple: true, default: [] as string[] },
  stream: { type: 'string' },
  'base-url': { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/**
 * Reads the command line behind `magnetize`.
 * @throws {UsageError} naming the flag that is unknown, lacks its value or has a bad one.
 */
export function parseMagnetizeOptions(argv: readonly string[]): MagnetizeOptions | 'help' {
  const { values, positionals } = parseFlags(argv, MAGNETIZE_FLAGS);
  if (values.help) return 'help';
  const [input, unexpected] = positionals;
  if (input === undefined || input === '') throw new UsageError('magnetize: name a playlist or a folder of playlists');
  if (isUrl(input))
    throw new UsageError(
      'magnetize takes a playlist file or a folder, no URL; live-torrent -u URL magnetizes a live feed',
    );
  if (unexpected !== undefined)
    throw new UsageError(`magnetize: one playlist or folder at a time, not "${redactArgument(unexpected)}" too`);
  if (values.out === undefined || values.out === '') throw new UsageError('magnetize: -o/--out FOLDER is missing');
  if (values.stream === '') throw new UsageError('--stream needs a name');
  return {
    input,
    out: values.out,
    watch: values.watch,
    announce: values.announce.map(trackerOf),
    stream: values.stream,
    baseUrl: values['base-url'] === undefined ? undefined : folderUrl(values['base-url']),
  };
}

function folderUrl(text: string): string {
  const { href, search, hash } = urlOf(text, '--base-url', ['http:', 'https:']);
  if (search !== '' || hash !== '')
    throw new UsageError(`--base-url: "${redactArgument(text)}" is not the URL of a folder`);
  return href.endsWith('/') ? href : `${href}/`;
}
