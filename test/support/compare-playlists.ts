import { stripPlaylist } from '@live-torrent/manifest-magnetizer';
import { load, type Outcome } from './player-requests.js';

/** The same place in two playlists: the text around it is equal. */
export interface Place {
  readonly uris: readonly [direct: string, through: string];
  /** A line of its own, not an attribute's value. */
  readonly line: boolean;
  /** A Range header's value, from EXT-X-BYTERANGE. */
  readonly range: string | undefined;
}

/** Attributes whose values lead somewhere, and so may be equal and relative, or differ. */
const LEADING = /^(?:URI|.*-(?:URI|URL|LIST))$/i;
const VALUE = /([A-Z0-9-]+)=("[^"]*"|[^,"\s]*)/g;

/** The places of two playlists' URIs, or what else differs. */
export function compare(direct: string, through: string): readonly Place[] | string {
  const [ours, theirs] = [stripPlaylist(through).split('\n'), direct.split('\n')];
  if (ours.length !== theirs.length) return `${ours.length} lines instead of ${theirs.length}`;
  const places: Place[] = [];
  let range: string | undefined;
  for (const [i, line] of theirs.entries()) {
    const other = ours[i] ?? '';
    if (line.trim() !== '' && !line.trim().startsWith('#')) {
      places.push({ uris: [line.trim(), other.trim()], line: true, range });
      range = undefined;
      if (other.trim() === '' || other.trim().startsWith('#')) return `"${other}" instead of "${line}"`;
      continue;
    }
    const [, length, offset] = /^#EXT-X-BYTERANGE:(\d+)@(\d+)/.exec(line) ?? [];
    if (offset !== undefined) range = `bytes=${offset}-${Number(offset) + Number(length) - 1}`;
    if (line.replace(VALUE, '$1') !== other.replace(VALUE, '$1')) return `"${other}" instead of "${line}"`;
    const values = [...other.matchAll(VALUE)];
    for (const [n, [, name = '', value = '']] of [...line.matchAll(VALUE)].entries()) {
      const [mine, yours] = [value, values[n]?.[2] ?? ''].map((text) => text.replace(/^"|"$/g, ''));
      if (LEADING.test(name)) places.push({ uris: [mine ?? '', yours ?? ''], line: false, range: undefined });
      else if (mine !== yours) return `"${other}" instead of "${line}"`;
    }
  }
  return places;
}

/** How a playlist through live-torrent differs from the direct one. */
export function problemOf(wanted: Outcome, got: Outcome): string | undefined {
  if (wanted.status !== got.status) return `${got.status} instead of ${wanted.status}: ${got.text.slice(0, 200)}`;
  if (wanted.status !== 200) return undefined;
  const places = compare(wanted.text, got.text);
  return typeof places === 'string' ? places : typeProblem(wanted, got);
}

/** RFC 9110 §8.3: what has no type is of this one. */
export function typeProblem(wanted: Outcome, got: Outcome): string | undefined {
  const [direct, through] = [wanted.type, got.type].map((type = 'application/octet-stream') => type);
  return direct === through ? undefined : `type ${through} instead of ${direct}`;
}

export function urisOf(playlist: string): string[] {
  const lines = playlist.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

const IS_PLAYLIST = /^\uFEFF?\s*#EXTM3U/;

/** Loads a playlist and whatever it leads to, directly and through live-torrent, and tells what differs. */
export async function compareTree(direct: string, through: string): Promise<string[]> {
  const seen = new Set<string>();
  const visit = async (from: string, to: string): Promise<string[]> => {
    if (seen.has(from)) return [];
    seen.add(from);
    const [wanted, got] = await Promise.all([load(from), load(to)]);
    if (!IS_PLAYLIST.test(wanted.text)) {
      if (wanted.status !== got.status) return [`${from}: ${got.status} instead of ${wanted.status}, at ${to}`];
      return Buffer.compare(wanted.bytes, got.bytes) === 0 ? [] : [`${from}: other bytes at ${to}`];
    }
    const problem = problemOf(wanted, got);
    const places = compare(wanted.text, got.text);
    if (problem !== undefined || typeof places === 'string') return [`${from}: ${problem}`];
    const below = places.map(({ uris: [mine, yours] }) => {
      const { href, protocol } = new URL(mine, wanted.url);
      return /^https?:$/.test(protocol) ? visit(href, new URL(yours, got.url).href) : [];
    });
    return (await Promise.all(below)).flat();
  };
  return visit(direct, through);
}
