import { createHash } from 'node:crypto';
import { LRUCache } from '../vendor/lru-cache.js';

/** Clones of pathways that are remembered, of all steering manifests. */
const MAX_CLONES = 1000;
/** The query parameter by which a viewer asks for a playlist as a clone of a pathway has it. */
const PARAMETER = 'live-torrent-clone';

/** What makes the URIs of a clone of those of its base (draft-pantos-hls-rfc8216bis §7.3). */
export interface Replacement {
  readonly host: string | undefined;
  readonly params: Readonly<Record<string, string>>;
  /** URLs of its own, whose host stays. */
  readonly own: readonly string[];
}

/** Clones of pathways, whose HOST and PARAMS are put into the upstream's URLs here: viewers have ours. */
export class PathwayClones {
  readonly #clones = new LRUCache<string, Replacement>({ max: MAX_CLONES });

  /** The PARAMS with which viewers ask here for a clone. */
  paramsFor(replacement: Replacement): Record<string, string> {
    const { host, params, own } = replacement;
    const id = createHash('sha1')
      .update(JSON.stringify([host, Object.entries(params).sort(), own]))
      .digest('base64url')
      .slice(0, 16);
    this.#clones.set(id, replacement);
    return { [PARAMETER]: id };
  }

  /** The URL of a playlist as the clone has it that a viewer asks for; of one that is not known, or no longer, as its base has it. */
  urlFor(url: string, asked: URL): string {
    const clone = this.#clones.get(asked.searchParams.get(PARAMETER) ?? '');
    if (clone === undefined) return url;
    const replaced = new URL(url);
    if (clone.host !== undefined && !clone.own.includes(url)) replaced.host = clone.host;
    for (const [name, value] of Object.entries(clone.params).sort()) replaced.searchParams.set(name, value);
    return replaced.href;
  }
}
