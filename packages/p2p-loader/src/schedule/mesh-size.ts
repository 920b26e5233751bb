import { MAX_RELAYS, MAX_SWARM } from './policy.js';

/** Segments whose announcements tell how large the mesh is. */
export const MAX_DISTANCES = 8;

/** How large the mesh is, as the distances tell that announcements of fetches came from: a tracker's count is capped. */
export class MeshSize {
  readonly #distances: number[] = [];

  /** A segment's first announcement was passed on so often before it came here; undefined: there was none. */
  note(relays: number | undefined): void {
    if (relays === undefined) return;
    this.#distances.push(relays);
    if (this.#distances.length > MAX_DISTANCES) this.#distances.shift();
  }

  /** Viewers, for one with so many links. */
  viewers(links: number): number {
    return viewersByRelays(links, this.#distances);
  }
}

/**
 * How many viewers a mesh has in which announcements are passed on so often before they reach one of them.
 * @param links of the viewer
 * @param relays of the last segments' announcements
 */
export function viewersByRelays(links: number, relays: readonly number[]): number {
  if (relays.length === 0) return 1;
  const mean = relays.reduce((sum, count) => sum + Math.min(count, MAX_RELAYS), 0) / relays.length;
  return Math.min(MAX_SWARM, Math.round(links * Math.max(1, links - 1) ** mean) + 1);
}
