import type { Environment, FetchEventLike } from './environment.js';
import type { Network } from './network.js';
import { PLAYLIST_LIMIT, post, type WorkerMessage, withoutFragment } from './protocol.js';
import { isWhole } from './range.js';

/**
 * Fetches a playlist and gives the player that very Response, as soon as its headers are here; the page that asked gets a
 * copy of the text, so that its loader can start on new segments.
 * @param begin called before the page is told of a playlist; returns the playlist's id, and where the page may have the player wait for it, when
 *   that may be given it
 */
export async function respondWithPlaylist(
  { clients }: Environment,
  network: Network,
  event: FetchEventLike,
  begin: () => { readonly id: number; readonly given?: Promise<void> | undefined },
): Promise<Response> {
  const response = await network.fetch(event);
  if (isReadable(response)) {
    const copy = response.clone();
    const { id, given } = begin();
    event.waitUntil(
      Promise.all([readText(copy, PLAYLIST_LIMIT), clients.get(event.clientId)]).then(([text, client]) => {
        if (text === undefined) return;
        const requested = withoutFragment(event.request.url);
        const url = withoutFragment(response.url || requested);
        client?.postMessage(post<WorkerMessage>({ type: 'playlist', id, url, requested, text }));
      }),
    );
    await given;
  }
  return response;
}

/**
 * Whether the page may be told this text: a whole playlist that is not opaque, and not longer than it says it may be. Browsers' own HLS
 * asks for `bytes=0-`, which servers of files answer with 206.
 */
const isReadable = (response: Response): boolean =>
  (response.status === 200 || (response.status === 206 && isWhole(response.headers.get('Content-Range')))) &&
  response.body !== null &&
  !(Number(response.headers.get('Content-Length')) > PLAYLIST_LIMIT);

/** The body as text; `undefined`, and the rest left unread, when it is longer than `limit` bytes. */
async function readText(response: Response, limit: number): Promise<string | undefined> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    length += value.length;
    if (length > limit) {
      // Not awaited: a branch of a clone settles its cancel only when the player has cancelled its own, too.
      void reader.cancel();
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}
