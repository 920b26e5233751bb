import { UsageError } from './errors.js';
import { ESTIMATE_FLAGS } from './estimate/estimate-options.js';
import { type Flags, hasFlag } from './flags.js';
import { HELP_FLAGS } from './help/help-options.js';
import { MAGNETIZE_FLAGS } from './magnetize/magnetize-options.js';
import { TRACKER_FLAGS } from './tracker/tracker-options.js';
import { closestMatch } from './vendor/leven.js';

/** The flags of the commands that are named first. */
const COMMANDS: ReadonlyMap<string, Flags> = new Map<string, Flags>([
  ['magnetize', MAGNETIZE_FLAGS],
  ['estimate', ESTIMATE_FLAGS],
  ['tracker', TRACKER_FLAGS],
  ['help', HELP_FLAGS],
]);

/** The command that a word may have been meant for. */
export function commandLike(word: string): string | undefined {
  return closestMatch(word, [...COMMANDS.keys()], { maxDistance: 2 });
}

/**
 * A folder may have a name that is like a command's. With that command's operand, or a flag of it, it is none.
 * @param flags those that may follow a folder
 * @throws {UsageError}
 */
export function refuseMistyped([word = '', ...rest]: readonly string[], flags: Flags): void {
  const meant = commandLike(word);
  if (meant === undefined) return;
  const theirs = COMMANDS.get(meant) ?? {};
  const tells = (arg: string, i: number): boolean =>
    arg.startsWith('-') ? hasFlag(theirs, arg) && !hasFlag(flags, arg) : i === 0;
  if (rest.some(tells)) throw new UsageError(`no command "${word}": did you mean ${meant}?`);
}
