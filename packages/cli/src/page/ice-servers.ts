import { isPrivateHost } from '../http/authority.js';
import type { IceServer } from './ice-url.js';

/**
 * Public STUN servers that viewers on the internet find their own addresses with, when `--ice` names no others.
 * Both are run for public use; they see viewers' addresses and nothing of the stream.
 */
export const PUBLIC_STUN: readonly string[] = ['stun:stun.l.google.com:19302', 'stun:stun.cloudflare.com:3478'];

/**
 * What the page passes as `iceServers`: where page and trackers are on loopback and private hosts, viewers reach each other without help.
 * @param trackers announce URLs
 */
export function iceServersFor(
  hostname: string,
  given: readonly IceServer[] | undefined,
  trackers: readonly string[] = [],
): readonly IceServer[] {
  const hosts = [hostname, ...trackers.map((url) => new URL(url).hostname)];
  return given ?? (hosts.every(isPrivateHost) ? [] : PUBLIC_STUN.map((urls) => ({ urls })));
}
