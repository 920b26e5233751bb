/** Lower-case hex digits. */
export function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += (byte < 16 ? '0' : '') + byte.toString(16);
  return text;
}

/** 40 hex digits; all 0 without WebCrypto, as where pages are rendered on a server: a loader has no use for one there. */
export function randomId(): string {
  const id = new Uint8Array(20);
  return hex(globalThis.crypto?.getRandomValues?.(id) ?? id);
}
