import { sha1 } from '@noble/hashes/legacy.js';
import { toHex } from './hex.js';

/** SHA-1, at once. */
export { sha1 };

/** SHA-1 by the platform's own code, in a thread of its own. */
export async function platformSha1(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await globalThis.crypto.subtle.digest('SHA-1', bytes as Uint8Array<ArrayBuffer>));
}

/**
 * SHA-1 of a few hundred bytes as 40 hex digits, at once: WebCrypto would make every reader of a playlist asynchronous.
 * Segments are hashed by the platform's own code instead.
 */
export function sha1Hex(bytes: Uint8Array): string {
  return toHex(sha1(bytes));
}
