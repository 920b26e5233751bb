import { validateHeaderName, validateHeaderValue } from 'node:http';
import { UsageError } from '../errors.js';

/** Headers by which a request is framed, or asks for a part or another form of what is there: they are not the user's to set. */
const OURS = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'keep-alive',
  'proxy-connection',
  'range',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Reads `NAME: VALUE`, a header for requests.
 * @returns what is wrong, as a text that does not repeat the value, when it is none
 */
export function parseRequestHeader(text: string): readonly [name: string, value: string] | string {
  const [, name = '', value = ''] = /^([^:]*):(.*)$/s.exec(text) ?? [];
  if (name.trim() === '') return 'it is NAME:VALUE';
  try {
    validateHeaderName(name.trim());
  } catch {
    return 'its name is no name of a header';
  }
  if (OURS.has(name.trim().toLowerCase())) return `${name.trim()} is not to be set`;
  try {
    validateHeaderValue(name.trim(), value.trim());
  } catch {
    return `the value of ${name.trim()} has characters that a header cannot have`;
  }
  return [name.trim(), value.trim()];
}

/** The header behind `--header`. @throws {UsageError} */
export function headerOf(text: string): readonly [name: string, value: string] {
  const header = parseRequestHeader(text);
  if (typeof header === 'string') throw new UsageError(`--header: ${header}`);
  return header;
}
