import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** A host's address is private, link-local, loopback or otherwise not on the public Internet. */
export class ForbiddenAddressError extends Error {
  override readonly name = 'ForbiddenAddressError';
  constructor(host: string, address: string) {
    super(`${host} has the address ${address}, which is not public; allow the host to use it`);
  }
}

/** Finds all addresses of a name, as `dns.lookup` does. */
export type ResolveAll = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** Whether an address is on the public Internet. IPv4 addresses mapped into IPv6 count as what they map. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  return ipaddr.process(address).range() === 'unicast';
}

/**
 * Refuses a host that is written as an address which is not public; name lookups are refused by `publicLookup`.
 * @throws {ForbiddenAddressError}
 */
export function checkLiteral(hostname: string): void {
  const address = hostname.replace(/^\[|\]$/g, '');
  if (isIP(address) !== 0 && !isPublicAddress(address)) throw new ForbiddenAddressError(hostname, address);
}

/** `dns.lookup` that fails for a name with any address that is not public: what is checked is what is connected to. */
export const publicLookup: LookupFunction = publicLookupBy(lookup);

/** The same by another resolver. */
export function publicLookupBy(resolve: ResolveAll): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '');
      const forbidden = addresses.find(({ address }) => !isPublicAddress(address));
      if (forbidden) return callback(new ForbiddenAddressError(hostname, forbidden.address), '');
      if (options.all) return callback(null, addresses);
      const [first] = addresses;
      return callback(null, first?.address ?? '', first?.family);
    });
  };
}
