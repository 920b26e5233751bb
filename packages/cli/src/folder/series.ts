import { compareNames, type FileState } from './file-state.js';

/** Series that a folder may have; beyond it, names tell nothing. */
const MAX_SERIES = 16;

/** Files whose names differ by one number only, in the order of that number. */
export interface Series {
  /** The name with a `*` for that number; a name without numbers is a series of its own. */
  readonly key: string;
  readonly files: readonly FileState[];
}

/** A way to tell the series of a name. */
export interface SeriesChoice {
  readonly keyOf: (name: string) => string | undefined;
  readonly series: readonly Series[];
}

/**
 * All ways to take one number of the names for the one that counts, the likeliest first: those that make
 * few series, and of them the number nearest to the end of the name.
 */
export function seriesChoices(files: readonly FileState[]): readonly SeriesChoice[] {
  const most = Math.max(0, ...files.map(({ name }) => numbersOf(name).length));
  const choices = Array.from({ length: Math.max(1, most) }, (_, fromEnd) =>
    chooseSeries(files, (name) => seriesKey(name, fromEnd)),
  );
  return choices.filter(({ series }) => series.length <= MAX_SERIES).sort((a, b) => a.series.length - b.series.length);
}

export function chooseSeries(files: readonly FileState[], keyOf: SeriesChoice['keyOf']): SeriesChoice {
  const byKey = new Map<string, FileState[]>();
  for (const file of [...files].sort(compareNames)) {
    const key = keyOf(file.name);
    if (key === undefined) continue;
    const members = byKey.get(key);
    if (members === undefined) byKey.set(key, [file]);
    else members.push(file);
  }
  return { keyOf, series: [...byKey].map(([key, members]) => ({ key, files: members })) };
}

/** @param fromEnd which number of the name counts, 0 for the last */
export function seriesKey(name: string, fromEnd = 0): string {
  const numbers = numbersOf(name);
  const counted = numbers[Math.max(0, numbers.length - 1 - fromEnd)];
  if (counted === undefined) return name;
  return `${name.slice(0, counted.index)}*${name.slice(counted.index + counted[0].length)}`;
}

/** The numbers in a file's name, without those of its folders and its extension. */
function numbersOf(name: string): RegExpExecArray[] {
  const start = name.lastIndexOf('/') + 1;
  const extension = /\.[a-z][a-z0-9]*$/i.exec(name)?.index ?? name.length;
  return [...name.matchAll(/\d+/g)].filter(({ index }) => index >= start && index < extension);
}
