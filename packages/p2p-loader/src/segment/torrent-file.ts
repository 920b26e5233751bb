/**
 * A .torrent file (BEP 3) that names no tracker.
 * @param info the bencoded info dictionary
 */
export function torrentFile(info: Uint8Array): Uint8Array {
  const head = new TextEncoder().encode('d4:info');
  const file = new Uint8Array(head.byteLength + info.byteLength + 1);
  file.set(head);
  file.set(info, head.byteLength);
  file[file.byteLength - 1] = 'e'.charCodeAt(0);
  return file;
}
