import { BlockList, isIP } from 'node:net';

/** `host[:port]` of RFC 9110 §7.2 in the characters that DNS names and IP addresses have; at most 261 characters. */
const AUTHORITY = /^(?:[a-z0-9_](?:[a-z0-9._-]{0,253})|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/** The Host header where it is a plain authority, else `fallback`: what a client sends ends up in playlists. */
export function authorityOf(host: string | undefined, fallback: string): string {
  return host !== undefined && AUTHORITY.test(host) && URL.canParse(`http://${host}/`) ? host : fallback;
}

/** An address as it stands in a URL: IPv6 in brackets, and where one listens on all addresses, the loopback one. */
export function urlHost(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  if (address === '::') return '[::1]';
  return address.includes(':') ? `[${address}]` : address;
}

const privateAddresses = new BlockList();
for (const [net, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const) {
  privateAddresses.addSubnet(net, prefix, 'ipv4');
}
privateAddresses.addAddress('::1', 'ipv6');
privateAddresses.addSubnet('fc00::', 7, 'ipv6');
privateAddresses.addSubnet('fe80::', 10, 'ipv6');

/** Loopback, RFC 1918 and link-local addresses, names without a dot and `.local` and `.localhost` names. */
export function isPrivateHost(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const family = isIP(name);
  if (family !== 0) return privateAddresses.check(name, family === 4 ? 'ipv4' : 'ipv6');
  return !name.includes('.') || name.endsWith('.local') || name.endsWith('.localhost');
}

/** Hosts on which browsers grant a secure context to plain HTTP (W3C Secure Contexts §3.1). */
export function isLoopbackHost(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127\.[\d.]+$/.test(name);
}

/** Whether it is an address, or a name of this machine: no page of another site gets to it by a name of its own that it lets lead here (DNS rebinding). */
export function isFixedHost(hostname: string): boolean {
  return isLoopbackHost(hostname) || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
}
