import { isPrivateHost } from '../options.js';

/** Where an address stands in a candidate's attribute, and its type (RFC 8839 §5.1). */
const ADDRESS = 4;
/** What a line says that tells no address (RFC 8839 §9.1). */
const NOWHERE = '0.0.0.0';

/** Whether browsers count an address as of this machine or network: RFC 1918, 4193, 6598 (carriers' NAT), link-local, loopback, mDNS. */
export const isLocalAddress = (address: string): boolean =>
  isPrivateHost(address.replace(/^::ffff:/i, '')) ||
  /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./.test(address) ||
  address === NOWHERE;

/** @param candidate an attribute of RFC 8839 §5.1, with or without `a=` */
export const isLocalCandidate = (candidate: string): boolean => isLocalAddress(candidate.split(' ')[ADDRESS] ?? '');

/** A session description that neither offers nor takes a way over the local network: without those candidates, and addresses beside others. */
export function withoutLocalCandidates(sdp: string): string {
  return sdp
    .split('\r\n')
    .filter((line) => !line.startsWith('a=candidate:') || !isLocalCandidate(line))
    .map((line) =>
      line
        .replace(/^c=IN IP[46] (\S+)$/, (whole, address) => (isLocalAddress(address) ? `c=IN IP4 ${NOWHERE}` : whole))
        .replace(/ raddr (\S+) rport \d+/, (whole, address) =>
          isLocalAddress(address) ? ` raddr ${NOWHERE} rport 0` : whole,
        ),
    )
    .join('\r\n');
}
