/** Deliveries that are remembered. */
const MEMORY = 64;

/** The loader tells of a segment at about the time at which hls.js has it, ms. */
const GRACE = 500;

/**
 * Calls `onBytes` with the length of each segment that hls.js got past the loader: by plain HTTP, with P2P off, failed or not there yet.
 *
 * @returns {{ leaveTo(loader: EventTarget): void }} what `leaveTo` is given has delivered what it tells of
 */
export function watchPlainBytes(Hls, hls, onBytes) {
  const delivered = new Map();
  hls.on(Hls.Events.FRAG_LOADED, (_event, { frag, part }) => {
    const { url, stats } = part ?? frag;
    const { loading, total, loaded } = stats;
    setTimeout(() => {
      if ((delivered.get(url) ?? Number.NEGATIVE_INFINITY) < loading.start) onBytes(total || loaded);
    }, GRACE);
  });
  return {
    leaveTo(loader) {
      for (const type of ['segment', 'part']) {
        loader.addEventListener(type, ({ detail }) => {
          delivered.delete(detail.url);
          delivered.set(detail.url, performance.now());
          if (delivered.size > MEMORY) delivered.delete(delivered.keys().next().value);
        });
      }
    },
  };
}
