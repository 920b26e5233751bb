// @ts-check
/** What viewers say to a tracker, as it stands on the wire. */

const STREAM = 'x'.repeat(20);
/** An offer has 1 to 4 kB. */
const SDP = 'v=0 '.padEnd(1_500, 'a=candidate ');

/** RFC 6455 §5.2, from a client, with a mask of zeros. @param {string} text */
function frame(text) {
  const payload = Buffer.from(text);
  const head = payload.length < 126 ? Buffer.alloc(6) : Buffer.alloc(8);
  head[0] = 0x81;
  head[1] = 0x80 | Math.min(payload.length, 126);
  if (payload.length >= 126) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

/** @param {number} i @param {number} offers @param {string} [event] */
export const announce = (i, offers, event) =>
  frame(
    JSON.stringify({
      ...{
        action: 'announce',
        info_hash: STREAM,
        peer_id: String(i).padStart(20, '-'),
        numwant: offers,
        left: 1,
        event,
      },
      ...{ uploaded: 0, downloaded: 0 },
      offers: Array.from({ length: offers }, (_, n) => ({
        offer: { type: 'offer', sdp: SDP },
        offer_id: `${n}${i}`.padStart(20, 'o'),
      })),
    }),
  );
