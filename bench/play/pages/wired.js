// @ts-check
/** What viewers that the bench itself wires have in common: the deliveries chain and torrents. */

/** Segments that are kept for the player and the viewer after, at most. */
export const KEPT = 8;
/** Longest wait for the viewer before, ms: then the origin is asked. Its playlist may name a segment a target duration later. */
const PATIENCE = 8_000;

/**
 * What the viewer before brings of `key`: whoever has it calls what is in `awaited`; undefined when it is not here in time.
 * @template T
 * @param {Map<string, (brought: T) => void>} awaited
 * @param {string} key
 * @returns {Promise<T | undefined>}
 */
export const patiently = (awaited, key) =>
  new Promise((resolve) => {
    awaited.set(key, resolve);
    setTimeout(() => resolve(undefined), PATIENCE);
  });

/** The connection's own description, once it has all candidates. @param {RTCPeerConnection} connection */
export async function described(connection) {
  await new Promise((resolve) => {
    connection.onicegatheringstatechange = () => connection.iceGatheringState === 'complete' && resolve(undefined);
    if (connection.iceGatheringState === 'complete') resolve(undefined);
  });
  if (!connection.localDescription) throw new Error('it has none');
  return connection.localDescription.toJSON();
}

/**
 * hls.js's fLoader; `segment` gives the bytes of a URL in a buffer that hls.js may take for itself.
 * @param {(url: string) => Promise<ArrayBuffer>} segment
 * @returns {(Hls: typeof import('hls.js').default) => import('hls.js').FragmentLoaderConstructor}
 */
export const loaderOf = (segment) => (Hls) => {
  const Plain = /** @type {import('hls.js').FragmentLoaderConstructor} */ (
    /** @type {unknown} */ (Hls.DefaultConfig.loader)
  );
  return class extends Plain {
    /**
     * @param {import('hls.js').FragmentLoaderContext} context @param {unknown} _config
     * @param {import('hls.js').LoaderCallbacks<import('hls.js').FragmentLoaderContext>} callbacks
     * @override
     */
    load(context, _config, { onSuccess, onError }) {
      const { loading } = this.stats;
      loading.start = performance.now();
      segment(context.url).then(
        (data) => {
          if (this.stats.aborted) return;
          loading.first = loading.end = performance.now();
          this.stats.loaded = this.stats.total = data.byteLength;
          onSuccess({ url: context.url, data }, this.stats, context, null);
        },
        (error) => onError({ code: 0, text: String(error) }, context, null, this.stats),
      );
    }
  };
};
