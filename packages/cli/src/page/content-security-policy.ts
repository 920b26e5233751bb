/** For what is no page, whatever its Content-Type is: it runs nothing, and browsers may still play it. */
export const NO_PAGE = "default-src 'none'; media-src *; frame-ancestors 'none'; sandbox";

/**
 * The Content-Security-Policy (CSP Level 3) of the page and its service worker: scripts and styles are files of ours, hls.js may
 * run its worker and media sources from blobs, and connections go nowhere but to us, the trackers and the segments' origins.
 * @param connect Origins and tracker URLs besides our own.
 */
export function contentSecurityPolicy(connect: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "worker-src 'self' blob:",
    "media-src 'self' blob:",
    `connect-src ${["'self'", ...new Set(connect.map(sourceExpression))].join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join('; ');
}

/** Scheme and authority: what follows may hold characters that end a source expression. */
function sourceExpression(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
