import { isPlaylist } from '@live-torrent/manifest-magnetizer';
import type { LoadedPlaylist } from './follower.js';

/** As long as players wait for one, ms. */
const TIMEOUT_MS = 10_000;
/** Longest playlist, bytes: what the loader reads at most. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Loads a playlist.
 * @param headers for URLs of `origin` only
 * @throws {Error} saying what the server said, or that it is none
 */
export async function loadPlaylist(
  url: string,
  origin: string,
  headers: Readonly<Record<string, string>>,
): Promise<LoadedPlaylist> {
  const own = new URL(url).origin === origin;
  const response = await fetch(url, { headers: own ? { ...headers } : {}, signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`HTTP ${response.status}`);
  }
  const text = await textOf(response);
  if (!isPlaylist(text)) throw new Error('no HLS playlist');
  return { requested: url, url: response.url, text };
}

async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`more than ${MAX_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
