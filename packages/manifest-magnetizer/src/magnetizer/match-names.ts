import { isTokenName, looksLikeToken, parameterName, type UrlParts, urlParts } from './url-parts.js';

/** How a name was found again. */
export interface NameMatch {
  /** The name that it had. */
  readonly before: string;
  /** A component of the path has changed that does not look like a token: the resource may be another one. */
  readonly moved: boolean;
}

/** A name as it is compared; undefined: it cannot be. */
type Form = (parts: UrlParts) => string;

/**
 * Finds out which names of one version of a playlist stand for which of the version before, though tokens in their query, path
 * or host have changed. The strictest comparison that tells all names of each version apart decides; where none does, the
 * names are others.
 * @param names without those that both versions have
 * @param before likewise
 */
export function matchNames(names: readonly string[], before: readonly string[]): Map<string, NameMatch> {
  const matches = new Map<string, NameMatch>();
  if (names.length === 0 || before.length === 0) return matches;
  let now = partsOf(names);
  let then = partsOf(before);
  for (const form of formsOf(now, then)) {
    const formsNow = distinct(now, form);
    const formsThen = distinct(then, form);
    if (!formsNow || !formsThen) continue;
    for (const [written, name] of formsNow) {
      const known = formsThen.get(written);
      if (known === undefined) continue;
      matches.set(name, { before: known, moved: hasMoved(now.get(name) as UrlParts, then.get(known) as UrlParts) });
      formsThen.delete(written);
    }
    const found = new Set([...matches.values()].map((match) => match.before));
    now = new Map([...now].filter(([name]) => !matches.has(name)));
    then = new Map([...then].filter(([name]) => !found.has(name)));
    if (now.size === 0 || then.size === 0) break;
  }
  return matches;
}

function partsOf(names: readonly string[]): Map<string, UrlParts> {
  // A byte range follows the URL after a blank, and stays with the file.
  return new Map(
    names.map((name) => {
      const [url = '', range = ''] = name.split(/ (.*)/s);
      const parts = urlParts(url);
      return [name, { ...parts, file: `${parts.file} ${range}` }];
    }),
  );
}

/** From the strictest to the loosest. */
function formsOf(now: ReadonlyMap<string, UrlParts>, then: ReadonlyMap<string, UrlParts>): Form[] {
  const path = ({ folders, file }: UrlParts): string => [...folders, file].join('/');
  const untokened = ({ query }: UrlParts): string => query.filter((parameter) => !isTokenName(parameter)).join('&');
  const persistent = persistentNames(now, then);
  const kept = ({ query }: UrlParts): string => query.filter((one) => persistent.has(parameterName(one))).join('&');
  return [
    (parts) => `${parts.origin}${path(parts)}?${untokened(parts)}`,
    (parts) => `${path(parts)}?${untokened(parts)}`,
    (parts) => `${path(parts)}?${kept(parts)}`,
    (parts) => `${parts.folders.length}/${parts.file}?${kept(parts)}`,
  ];
}

/** Parameters of which both versions have a value: those of tokens are new in each. */
function persistentNames(now: ReadonlyMap<string, UrlParts>, then: ReadonlyMap<string, UrlParts>): Set<string> {
  const written = new Set([...then.values()].flatMap(({ query }) => query));
  const again = [...now.values()].flatMap(({ query }) => query).filter((parameter) => written.has(parameter));
  return new Set(again.map(parameterName));
}

/** Each name by its form; undefined where two names have the same form. */
function distinct(names: ReadonlyMap<string, UrlParts>, form: Form): Map<string, string> | undefined {
  const forms = new Map<string, string>();
  for (const [name, parts] of names) forms.set(form(parts), name);
  return forms.size === names.size ? forms : undefined;
}

function hasMoved(now: UrlParts, before: UrlParts): boolean {
  return now.folders.some((folder, i) => {
    const other = before.folders[i] ?? '';
    return folder !== other && !(looksLikeToken(folder) && looksLikeToken(other));
  });
}
