import { attribute, parseAttributes } from './attributes.js';
import { parseUrl } from './parse-url.js';
import type { Reason } from './problem.js';

/** Variables by name. */
export type Variables = ReadonlyMap<string, string>;

/** Where EXT-X-DEFINE takes values from that the playlist itself does not have. */
export interface VariableContext {
  /** The playlist's own URL, for QUERYPARAM. */
  readonly url?: string | undefined;
  /** Variables of the Multivariant Playlist that named this one, for IMPORT. */
  readonly imported?: Variables | undefined;
}

/**
 * Takes in one EXT-X-DEFINE (draft-pantos-hls-rfc8216bis §4.4.2.3).
 * @returns what is wrong with it, if anything
 */
export function define(variables: Map<string, string>, list: string, context: VariableContext): Reason | undefined {
  const attributes = parseAttributes(list);
  const [name, imported, queryParam, written] = ['NAME', 'IMPORT', 'QUERYPARAM', 'VALUE'].map((one) =>
    attribute(attributes, one),
  );
  const key = name ?? imported ?? queryParam;
  if (key === undefined) return 'define';
  let value: string | undefined;
  if (name !== undefined) value = written === undefined ? undefined : substituteKnown(written, variables);
  else if (imported !== undefined) value = context.imported?.get(imported);
  else value = queryValue(context.url, key);
  if (value === undefined) return 'value';
  if (variables.has(key)) return 'twice';
  variables.set(key, value);
  return undefined;
}

const REFERENCES = /\{\$([A-Za-z0-9_-]+)\}/g;

/** Replaces `{$name}`; undefined when a variable is not defined (§4.3). */
export function substitute(text: string, variables: Variables): string | undefined {
  if (!text.includes('{$')) return text;
  for (const [, name = ''] of text.matchAll(REFERENCES)) if (!variables.has(name)) return undefined;
  return substituteKnown(text, variables);
}

/** Replaces each `{$name}` that has a value. */
export function substituteKnown(text: string, variables: Variables): string {
  return text.replace(REFERENCES, (reference, name: string) => variables.get(name) ?? reference);
}

function queryValue(url: string | undefined, name: string): string | undefined {
  return (url === undefined ? undefined : parseUrl(url))?.searchParams.get(name) ?? undefined;
}
