import { UsageError } from '../errors.js';
import { numberBetween, parseFlags, wholeNumberBetween } from '../flags.js';
import { redactArgument } from '../redact.js';
import type { Audience } from './estimate.js';

/** The flags behind `estimate`. */
export const ESTIMATE_FLAGS = {
  viewers: { type: 'string' },
  bitrate: { type: 'string' },
  price: { type: 'string' },
  hours: { type: 'string', default: '1' },
  share: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Largest figure that is taken: beyond it a unit is wrong. */
const MAX_VIEWERS = 100_000_000;
const MAX_BITRATE = 1_000;
const MAX_PRICE = 1_000_000;
const MAX_HOURS = 1_000_000;

/**
 * Reads the command line behind `estimate`.
 * @throws {UsageError} naming the flag that is unknown, is missing or has a bad value.
 */
export function parseEstimateOptions(argv: readonly string[]): Audience | 'help' {
  const { values, positionals } = parseFlags(argv, ESTIMATE_FLAGS);
  if (values.help) return 'help';
  if (positionals[0] !== undefined) throw new UsageError(`estimate: "${redactArgument(positionals[0])}" is no flag`);
  return {
    viewers: wholeNumberBetween(given(values.viewers, '--viewers'), '--viewers', 1, MAX_VIEWERS),
    bitrate: numberBetween(given(values.bitrate, '--bitrate'), '--bitrate', 0.001, MAX_BITRATE),
    price: numberBetween(given(values.price, '--price'), '--price', 0, MAX_PRICE),
    hours: numberBetween(values.hours, '--hours', 0.01, MAX_HOURS),
    share: values.share === undefined ? undefined : numberBetween(values.share, '--share', 0, 100) / 100,
  };
}

function given(text: string | undefined, flag: string): string {
  if (text === undefined) throw new UsageError(`estimate: ${flag} is missing`);
  return text;
}
