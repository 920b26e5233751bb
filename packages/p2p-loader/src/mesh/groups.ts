import type { P2PLoaderOptions } from '../options.js';
import { sha1Of } from './hex.js';

/** Longest name of a group, characters. */
const MAX_GROUP = 256;
/** Hex digits of the stream's id that its groups have in common: by them a tracker knows whose they are. */
const IN_COMMON = 20;

type GroupOptions = Pick<P2PLoaderOptions, 'group' | 'groupRule'>;

/** @throws {TypeError} naming the option that has a bad value */
export function checkGroup({ group, groupRule }: GroupOptions): void {
  if (groupRule !== undefined && groupRule !== 'prefer' && groupRule !== 'only')
    throw new TypeError(`createP2PLoader: option "groupRule" must be prefer or only, not ${String(groupRule)}`);
  if (group === undefined && groupRule !== undefined)
    throw new TypeError('createP2PLoader: option "groupRule" needs "group"');
  if (group !== undefined && typeof group !== 'function') checkName(group);
}

function checkName(group: unknown): asserts group is string {
  if (typeof group !== 'string' || group === '' || group.length > MAX_GROUP)
    throw new TypeError(
      `createP2PLoader: option "group" must be a string of 1 to ${MAX_GROUP} characters, or give one`,
    );
}

/**
 * The id that viewers of a group announce beside that of the stream: its first half is the stream's, its second the first half of the SHA-1 of the
 * stream's id and the group's name.
 * @param stream 40 hex digits
 */
export async function groupId(stream: string, group: string): Promise<string> {
  const own = await sha1Of(new TextEncoder().encode(stream + group));
  return stream.slice(0, IN_COMMON) + own.slice(0, IN_COMMON);
}

/** Under which ids a mesh is met. */
export interface MeshIds {
  /** 40 hex digits. */
  readonly stream: string;
  /** The group's, where others are met, too. */
  readonly group: string | undefined;
}

/** Rejects as the site's function does, and with TypeError where that gives no name. */
export async function meshIds(stream: string, { group, groupRule }: GroupOptions): Promise<MeshIds> {
  const name = typeof group === 'function' ? await group() : group;
  checkName(name);
  const id = await groupId(stream, name);
  return groupRule === 'only' ? { stream: id, group: undefined } : { stream, group: id };
}
