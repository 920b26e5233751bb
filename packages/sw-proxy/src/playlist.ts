import type { Environment, FetchEventLike } from './environment.js';
import { PLAYLIST_LIMIT, post, type WorkerMessage, withoutFragment } from './protocol.js';

/** A playlist on its way to a player, and to the page. */
export interface PlaylistDelivery {
  /** The very Response of the network, as soon as its headers are here. */
  readonly response: Promise<Response>;
  /** Resolves when the page that asked was sent the text, or will not be. Never rejects. */
  readonly told: Promise<void>;
}

/**
 * Fetches a playlist for the player; the page that asked gets a copy of the text, so that its loader can start on new
 * segments.
 */
export function deliverPlaylist({ fetch, clients }: Environment, event: FetchEventLike): PlaylistDelivery {
  const answer = fetch(event.request).then((response) => ({
    response,
    copy: isReadable(response) ? response.clone() : undefined,
  }));
  const tell = async (): Promise<void> => {
    const { response, copy } = await answer;
    if (!copy) return;
    const [text, client] = await Promise.all([readText(copy, PLAYLIST_LIMIT), clients.get(event.clientId)]);
    if (text === undefined) return;
    const url = withoutFragment(response.url || event.request.url);
    client?.postMessage(post<WorkerMessage>({ type: 'playlist', url, text }));
  };
  // The player sees the network's failure; here there is just nothing to tell.
  const told = tell().catch(() => {});
  event.waitUntil(told);
  return { response: answer.then(({ response }) => response), told };
}

/** Whether the page may be told this text: a whole playlist that is not opaque, and not longer than it says it may be. */
const isReadable = (response: Response): boolean =>
  response.status === 200 &&
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
