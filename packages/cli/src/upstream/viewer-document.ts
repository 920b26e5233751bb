import type { Replacement } from './pathway-clones.js';
import type { UriKind } from './playlist-uris.js';

export interface ViewerDocumentOptions {
  /** The document's URL after redirects. */
  readonly base: string;
  /** Our path for a URL. */
  readonly pathFor: (url: string, kind: UriKind) => string;
  /** The PARAMS for a clone of a pathway. */
  readonly paramsFor: (replacement: Replacement) => Record<string, string>;
}

type Json = { readonly [name: string]: unknown };

/**
 * A JSON document of the upstream with the URIs that a viewer asks for here: RELOAD-URI and PATHWAY-CLONES of a steering manifest
 * (draft-pantos-hls-rfc8216bis §7.2, §7.3), ASSETS of a list of interstitials (appendix D). Those on other hosts stay, as in playlists. Everything else
 * is as it came, and so is what is no such document.
 */
export function viewerDocument(text: string, options: ViewerDocumentOptions): string {
  const document = parsed(text);
  if (document === undefined) return text;
  const { 'RELOAD-URI': reload, 'PATHWAY-CLONES': clones, ASSETS: assets } = document;
  const changed = {
    ...(typeof reload === 'string' && { 'RELOAD-URI': ownUri(reload, 'document', options) }),
    ...(Array.isArray(clones) && { 'PATHWAY-CLONES': clonesHere(clones, options) }),
    ...(Array.isArray(assets) && { ASSETS: assets.map((asset) => assetHere(asset, options)) }),
  };
  return Object.keys(changed).length === 0 ? text : JSON.stringify({ ...document, ...changed });
}

/** Clones follow their bases. */
function clonesHere(clones: readonly unknown[], { base, pathFor, paramsFor }: ViewerDocumentOptions): unknown[] {
  const known = new Map<unknown, Replacement>();
  return clones.map((clone) => {
    const replacement = isObject(clone) ? clone['URI-REPLACEMENT'] : undefined;
    if (!isObject(clone) || !isObject(replacement)) return clone;
    const own: string[] = [];
    const here = (uris: unknown): Record<string, string> =>
      Object.fromEntries(
        Object.entries(strings(uris)).map(([id, uri]) => {
          const url = httpUrl(uri, base);
          if (url === undefined) return [id, uri];
          own.push(url.href);
          return [id, pathFor(url.href, 'playlist')];
        }),
      );
    const variants = here(replacement['PER-VARIANT-URIS']);
    const renditions = here(replacement['PER-RENDITION-URIS']);
    const { HOST: host } = replacement;
    const before = known.get(clone['BASE-ID']);
    const total: Replacement = {
      host: typeof host === 'string' ? host : before?.host,
      params: { ...before?.params, ...strings(replacement.PARAMS) },
      own: [...(typeof host === 'string' ? [] : (before?.own ?? [])), ...own],
    };
    known.set(clone.ID, total);
    return {
      ...clone,
      'URI-REPLACEMENT': {
        PARAMS: paramsFor(total),
        ...(own.length > 0 && { 'PER-VARIANT-URIS': variants, 'PER-RENDITION-URIS': renditions }),
      },
    };
  });
}

function assetHere(asset: unknown, options: ViewerDocumentOptions): unknown {
  if (!isObject(asset) || typeof asset.URI !== 'string') return asset;
  return { ...asset, URI: ownUri(asset.URI, 'playlist', options) };
}

function ownUri(uri: string, kind: UriKind, { base, pathFor }: ViewerDocumentOptions): string {
  const url = httpUrl(uri, base);
  if (url === undefined) return uri;
  return url.origin === new URL(base).origin ? pathFor(url.href, kind) : url.href;
}

function httpUrl(uri: string, base: string): URL | undefined {
  if (!URL.canParse(uri, base)) return undefined;
  const url = new URL(uri, base);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
}

function strings(value: unknown): Record<string, string> {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function parsed(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
