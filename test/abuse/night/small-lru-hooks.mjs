// @ts-check

/**
 * Puts `small-lru.mjs` before what imports `lru-cache`, of whichever version.
 * @type {import('node:module').ResolveHook}
 */
export async function resolve(specifier, context, next) {
  const resolved = await next(specifier, context);
  if (specifier !== 'lru-cache') return resolved;
  const url = new URL('small-lru.mjs', import.meta.url);
  url.searchParams.set('real', resolved.url);
  return { url: url.href, shortCircuit: true };
}
