import { hex } from '../hex.js';

/** Info dictionaries on the control protocol: base64url, checked against the infohash on arrival. */

/** Longest info dictionary taken, bytes: a segment has few pieces. */
const MAX_INFO_BYTES = 8192;

export function encodeInfoText(info: Uint8Array): string {
  return btoa(String.fromCharCode(...info))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** Undefined unless the text decodes to an info dictionary whose SHA-1 is the infohash. */
export async function decodeInfoText(text: string, infoHash: string): Promise<Uint8Array | undefined> {
  if (text.length > MAX_INFO_BYTES * 1.34) return undefined;
  let info: Uint8Array<ArrayBuffer>;
  try {
    info = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', info));
  return hex(digest) === infoHash ? info : undefined;
}
