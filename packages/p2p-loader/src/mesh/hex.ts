/** Lower-case hex digits. */
export function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += (byte < 16 ? '0' : '') + byte.toString(16);
  return text;
}

/** The same of a text that has a character for each byte, as trackers and `atob` have it. */
export const hexOfBinary = (text: string): string => hex(Uint8Array.from(text, (byte) => byte.charCodeAt(0)));

/** SHA-1, 40 hex digits. */
export const sha1Of = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> =>
  hex(new Uint8Array(await crypto.subtle.digest('SHA-1', bytes)));

/** 40 hex digits; all 0 without WebCrypto, as where pages are rendered on a server: a loader has no use for one there. */
export function randomId(): string {
  const id = new Uint8Array(20);
  return hex(globalThis.crypto?.getRandomValues?.(id) ?? id);
}
