// @ts-check
/**
 * How a home's router passes on UDP. `full-cone`: whoever knows the mapped port reaches the viewer (RFC 4787's endpoint-independent mapping and
 * filtering). `restricted`: one mapped port, which only lets in whom the viewer wrote to. `symmetric`: another, random port for each destination.
 * `udpOnlyTo`: UDP to other hosts is dropped.
 * @typedef {{ kind: 'full-cone' | 'restricted' | 'symmetric', udpOnlyTo?: 'relay' }} Translation
 */

/** The router's interface to the network. */
export const WAN = 'tap0';

/**
 * nftables' rules of one home's router.
 * @param {Translation} translation
 * @param {{ viewer: string, relay: string }} addresses of the (first) viewer behind it, and of the TURN server
 */
export function translationRules({ kind, udpOnlyTo }, { viewer, relay }) {
  const ports = kind === 'symmetric' ? ' fully-random' : '';
  return `table ip homes {
  chain out { type nat hook postrouting priority 100; oifname "${WAN}" masquerade${ports}; }
  ${kind === 'full-cone' ? `chain in { type nat hook prerouting priority -100; iifname "${WAN}" udp dport 1024-65535 dnat to ${viewer}; }` : ''}
  # What comes unasked is dropped before it is noted: else its sender's port would count as taken, and the viewer's own packets get another.
  chain self { type filter hook input priority 0; iifname "${WAN}" ip protocol udp drop; }
  ${udpOnlyTo === 'relay' ? `chain through { type filter hook forward priority 0; ip protocol udp ip daddr != ${relay} ip saddr != ${relay} drop; }` : ''}
}
`;
}
