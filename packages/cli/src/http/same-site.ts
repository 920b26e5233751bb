import { registrableDomain } from '../vendor/tough-cookie.js';

/** Whether cookies of one host may be meant for the other: the same host, whatever the port, or the same registrable domain. */
export function isSameSite(a: string, b: string): boolean {
  if (a === '' || b === '') return false;
  if (a === b) return true;
  const site = registrableDomain(a, { ignoreError: true });
  return site !== undefined && site === registrableDomain(b, { ignoreError: true });
}

/** Of a URL; empty where the text is none. */
export function hostnameOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}
