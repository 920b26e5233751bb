/**
 * The rest of a body whose first `sent` bytes the page has given before it broke off: the same request from the network,
 * without what the player already has.
 * @throws {Error} when the network's answer is no success or of another length; the player sees a dropped connection.
 */
export async function* networkRest(
  fetch: (request: Request) => Promise<Response>,
  request: Request,
  length: number,
  sent: number,
): AsyncGenerator<Uint8Array> {
  const response = await fetch(request);
  if (!response.ok || !response.body)
    throw new Error(`${request.url} broke off and the origin says ${response.status}`);
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
