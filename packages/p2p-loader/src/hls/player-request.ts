import { absoluteUrl } from '../playlists/absolute-url.js';
import type { OriginRequest, OriginRequestOf } from '../segment-source.js';
import type { HlsFragmentContext, HlsLoader } from './types.js';

/** Where hls.js's own loaders, and those that extend them, keep what the site has set. */
interface WithSetup {
  readonly xhrSetup?: unknown;
  readonly fetchSetup?: unknown;
}

type Setup = (this: unknown, ...args: unknown[]) => unknown;

/** What the configured loader would send for a URL, by the site's `xhrSetup` or `fetchSetup`; undefined where it has neither. */
export function playerRequest<Context extends HlsFragmentContext>(
  base: HlsLoader<Context>,
  context: Context,
): OriginRequestOf | undefined {
  const { xhrSetup, fetchSetup } = base as WithSetup;
  if (typeof fetchSetup === 'function') return (url) => byFetch(fetchSetup.bind(base), { ...context, url });
  if (typeof xhrSetup === 'function') return (url) => byXhr(xhrSetup.bind(base), { ...context, url });
  return undefined;
}

/** By what hls.js's fetch-loader.ts calls it with, without the range and the signal of one request. */
async function byFetch(setup: Setup, context: HlsFragmentContext): Promise<OriginRequest> {
  const { signal } = new AbortController();
  const init = { method: 'GET', mode: 'cors', credentials: 'same-origin', headers: new Headers(), signal };
  const { url, headers, credentials } = (await setup(context, init)) as Request;
  return { url, init: { headers, credentials } };
}

/** On a request that is never sent, as hls.js's xhr-loader.ts has it: opened for a setup that needs that. */
async function byXhr(setup: Setup, context: HlsFragmentContext): Promise<OriginRequest> {
  let { url } = context;
  let headers = new Headers();
  const xhr = new XMLHttpRequest();
  const open = xhr.open.bind(xhr);
  const setHeader = xhr.setRequestHeader.bind(xhr);
  xhr.open = (method: string, to: string | URL) => {
    open(method, to);
    url = absoluteUrl(String(to), globalThis.location?.href) ?? url;
    headers = new Headers();
  };
  xhr.setRequestHeader = (name, value) => {
    setHeader(name, value);
    headers.append(name, value);
  };
  try {
    await setup(xhr, context.url, context);
  } catch {
    xhr.open('GET', context.url);
    await setup(xhr, context.url, context);
  }
  return { url, init: { headers, credentials: xhr.withCredentials ? 'include' : 'same-origin' } };
}
