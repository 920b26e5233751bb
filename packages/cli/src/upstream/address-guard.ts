import type { LookupFunction } from 'node:net';
import { checkLiteral, publicLookup } from '@live-torrent/manifest-magnetizer/node';
import { buildConnector } from '../vendor/undici.js';

/** Until a connection is there, ms. */
const CONNECT_TIMEOUT = 5000;

/**
 * Connects to public addresses, and to others only where `allowHosts` has the host: what is checked is the address that is connected to,
 * however it is written.
 * @param lookup Gives public addresses only.
 * @param allowHosts Each `host`, for all its ports, or `host:port`, as URLs have them.
 */
export function guardedConnector(
  allowHosts: readonly string[],
  lookup: LookupFunction = publicLookup,
): buildConnector.connector {
  const allowed = new Set(allowHosts);
  const toAnywhere = buildConnector({ timeout: CONNECT_TIMEOUT });
  const toPublic = buildConnector({ timeout: CONNECT_TIMEOUT, lookup });
  return (target, callback) => {
    const { hostname, protocol } = target;
    const port = target.port || (protocol === 'https:' ? '443' : '80');
    if (allowed.has(hostname) || allowed.has(`${hostname}:${port}`)) return toAnywhere(target, callback);
    try {
      checkLiteral(hostname);
    } catch (error) {
      return callback(error as Error, null);
    }
    return toPublic(target, callback);
  };
}

/** `host:port` of a URL, the port named where it is the scheme's own, too. */
export function hostAndPort(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`;
}
