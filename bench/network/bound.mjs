// @ts-check
/** Of 1514 bytes on the wire 1448 are payload of TCP. */
export const TCP_PAYLOAD = 1448 / 1514;
/** Of 1214 bytes of a data channel's packet on the wire 1120 are payload: Ethernet, IP, UDP, DTLS and SCTP take the rest. */
export const CHANNEL_PAYLOAD = 1120 / 1214;

/**
 * The largest share of bytes that viewers can have from each other in steady state, whoever schedules it: of each segment one copy comes from
 * the origin, and no more leaves the viewers than their uplinks carry. Viewers at one site also reach each other beside their line, so that
 * there only the copy that the origin sends counts. A fluid bound: no delay, no retransmission, no acknowledgement.
 * @param {import('./profiles.mjs').Site[]} sites
 * @param {number} megabits of the rendition that all play, payload
 * @returns {number} 0 to 1
 */
export function peerBound(sites, megabits) {
  const viewers = sites.reduce((sum, site) => sum + site.viewers, 0);
  // What leaves a site feeds others; within it all but the first copy comes over the LAN.
  const withinSites = sites.reduce((sum, site) => sum + site.viewers - 1, 0);
  const uplinks = sites.reduce((sum, { line }) => sum + line.up * CHANNEL_PAYLOAD, 0);
  const between = Math.min(sites.length - 1, uplinks / megabits);
  return (withinSites + between) / viewers;
}
