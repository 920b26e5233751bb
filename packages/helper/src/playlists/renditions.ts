import type { Renditions } from '../options.js';
import type { Variant } from '../vendor/m3u8-parser.js';

/** The URIs of the Media Playlists that are followed, each once: variants from the highest bandwidth on down, and the first rendition beside each. */
export function chooseRenditions(variants: readonly Variant[], wanted: Renditions): string[] {
  const sorted = [...variants].sort((a, b) => b.bandwidth - a.bandwidth);
  const distinct = sorted.filter(({ uri }, i) => sorted.findIndex((other) => other.uri === uri) === i);
  const count = wanted === 'all' ? distinct.length : wanted === 'highest' ? 1 : wanted;
  const chosen = distinct.slice(0, count);
  const beside = chosen.flatMap((variant) => (wanted === 'all' ? variant.beside : variant.beside.slice(0, 1)));
  return [...new Set([...chosen.map(({ uri }) => uri), ...beside])];
}
