/** Deliveries that are remembered. */
const MEMORY = 64;

/** The loader tells of a segment at about the time at which hls.js has it, ms. */
const GRACE = 500;

/**
 * Calls `onBytes` with the length of each segment that hls.js got past the loader: by plain HTTP, with P2P off or failed.
 */
export function watchPlainBytes(Hls, hls, loader, onBytes) {
  const delivered = new Map();
  loader?.addEventListener('segment', ({ detail }) => {
    delivered.delete(detail.url);
    delivered.set(detail.url, performance.now());
    if (delivered.size > MEMORY) delivered.delete(delivered.keys().next().value);
  });
  hls.on(Hls.Events.FRAG_LOADED, (_event, { frag }) => {
    const { loading, total, loaded } = frag.stats;
    setTimeout(() => {
      if ((delivered.get(frag.url) ?? Number.NEGATIVE_INFINITY) < loading.start) onBytes(total || loaded);
    }, GRACE);
  });
}
