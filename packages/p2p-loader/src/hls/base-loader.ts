import type { HlsConfigLike, HlsLoader, HlsLoaderContext } from './types.js';

/** The loader that hls.js is configured with: its `xhrSetup` or `fetchSetup`, policies and retries apply. */
export const createBaseLoader = <Context extends HlsLoaderContext>(config: HlsConfigLike): HlsLoader<Context> =>
  new config.loader(config as never) as unknown as HlsLoader<Context>;
