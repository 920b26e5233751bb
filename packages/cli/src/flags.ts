import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError } from './errors.js';
import { redactArgument } from './redact.js';
import { closestMatch } from './vendor/leven.js';

/** The flags of one command, as `parseArgs` takes them. */
export type Flags = NonNullable<ParseArgsConfig['options']>;

/** What `parseArgs` makes of them. */
type Parsed<F extends Flags> = ReturnType<typeof parseArgs<{ options: F; allowPositionals: true }>>;

/** What the other command is called, and its flags. */
export interface OtherCommand {
  readonly name: string;
  readonly flags: Flags;
}

/**
 * Reads flags, and what stands between them.
 * @param other Its flags are told from those that nobody knows; default: none.
 * @throws {UsageError} naming the flag that is unknown, or lacks its value; with the one that may have been meant.
 */
export function parseFlags<const F extends Flags>(args: readonly string[], flags: F, other?: OtherCommand): Parsed<F> {
  const end = args.indexOf('--');
  for (const [i, arg] of args.slice(0, end === -1 ? args.length : end).entries()) {
    // What lacks its value is told by `parseArgs`; what stands there instead may be a secret.
    if (!takesValue(args[i - 1], flags)) refuseUnknown(arg, flags, other);
  }
  try {
    return parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: true, allowNegative: true });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new UsageError(text.replace(/^.*Unknown option '([^']*)'.*$/s, 'unknown flag $1'));
  }
}

/** Whether the next argument is the value of this one. */
function takesValue(arg: string | undefined, flags: Flags): boolean {
  return Object.entries(flags).some(
    ([name, { type, short }]) => type === 'string' && (arg === `--${name}` || arg === `-${short}`),
  );
}

/** Whether a command has a flag by this name, with its hyphens. */
export function hasFlag(flags: Flags, arg: string): boolean {
  const name = /^--([^=]+)/.exec(arg)?.[1];
  return name !== undefined && namesOf(flags).includes(name);
}

/** `parseArgs` takes `-port` for `-p ort`, and cannot say what else may have been meant. */
function refuseUnknown(arg: string, flags: Flags, other: OtherCommand | undefined): void {
  const [, hyphens = '', name = ''] = /^(--?)([^=]+)/.exec(arg) ?? [];
  if (name === '' || (hyphens === '-' && name.length === 1)) return;
  const known = namesOf(flags);
  if (known.includes(name)) {
    if (hyphens === '--') return;
    throw new UsageError(`unknown flag -${name}: did you mean --${name}?`);
  }
  // Short flags together, or one with its value.
  if (hyphens === '-') return;
  if (other !== undefined && namesOf(other.flags).includes(name))
    throw new UsageError(`--${name} is a flag of ${other.name}`);
  const meant = closestMatch(name, known, { maxDistance: Math.ceil((name.length + 1) / 3) });
  throw new UsageError(`unknown flag --${name}${meant === undefined ? '' : `: did you mean --${meant}?`}`);
}

/** Without their hyphens; switches have two. */
function namesOf(flags: Flags): string[] {
  return Object.entries(flags).flatMap(([name, { type }]) => (type === 'boolean' ? [name, `no-${name}`] : [name]));
}

/** A scheme of one letter is a drive of Windows. */
export function isUrl(text: string): boolean {
  return /^[a-z][a-z\d+.-]+:\/\//i.test(text);
}

/** @throws {UsageError} naming the flag when the text is no URL with one of the protocols, each such as `ws:`. */
export function urlOf(text: string, flag: string, protocols: readonly string[]): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !protocols.includes(url.protocol)) {
    throw new UsageError(`${flag}: "${redactArgument(text)}" is not a ${protocols.join(' or ')} URL`);
  }
  return url;
}

/** The URL behind `--announce`. It stands in playlists, and RFC 6455 §3 has no user and password in it. @throws {UsageError} */
export function trackerOf(text: string): string {
  const { href, username, password } = urlOf(text, '--announce', ['ws:', 'wss:']);
  if (username !== '' || password !== '')
    throw new UsageError('--announce takes no user and password: viewers read it');
  return href;
}

/** @param range in words. @throws {UsageError} naming the flag when the text is no number that is accepted. */
export function numberOf(text: string, flag: string, accepts: (n: number) => boolean, range: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!accepts(value)) throw new UsageError(`${flag}: "${text}" is not a number ${range}`);
  return value;
}

/** What `--port` says. @throws {UsageError} */
export function portNumberOf(text: string): number {
  return numberOf(text, '-p/--port', (n) => Number.isInteger(n) && n >= 0 && n < 65536, '0 to 65535');
}

/** @throws {UsageError} naming the flag when the text is no number of that range. */
export function numberBetween(text: string, flag: string, least: number, most: number): number {
  return numberOf(text, flag, (n) => n >= least && n <= most, `${least} to ${most}`);
}

/** @throws {UsageError} naming the flag when the text is no whole number of that range. */
export function wholeNumberBetween(text: string, flag: string, least: number, most: number): number {
  const value = numberBetween(text, flag, least, most);
  if (!Number.isInteger(value)) throw new UsageError(`${flag}: "${text}" is not a whole number`);
  return value;
}
