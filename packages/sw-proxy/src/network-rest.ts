import type { SegmentHead } from './protocol.js';
import { isSamePart } from './range.js';

/**
 * The rest of a body whose first `sent` bytes the page has given before it broke off: the same request from the network,
 * without what the player already has.
 * @param head what the player was told that comes
 * @throws {Error} when the network's answer is no success, of another range or of another length; the player sees a dropped connection.
 */
export async function* networkRest(
  fetch: (request: Request) => Promise<Response>,
  request: Request,
  head: SegmentHead,
  sent: number,
): AsyncGenerator<Uint8Array> {
  const response = await fetch(request);
  // Cross-origin a worker reads Content-Range only where the host exposes it.
  const given = response.headers.get('Content-Range');
  const isPart = response.status === 206 && request.headers.has('Range') && (given === null || isSamePart(given, head));
  const isSame = isPart || (response.status === 200 && head.length === head.total);
  if (!isSame || !response.body) {
    await response.body?.cancel();
    throw new Error(`${request.url} broke off and the origin says ${response.status} ${given ?? ''}`);
  }
  const { length } = head;
  const reader = response.body.getReader();
  let position = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const fresh = value.subarray(Math.max(0, Math.min(value.length, sent - position)));
      position += value.length;
      if (position > length) break;
      if (fresh.length > 0) yield fresh;
    }
  } finally {
    await reader.cancel();
  }
  if (position !== length) throw new Error(`${request.url} broke off and the origin's copy has another length`);
}
