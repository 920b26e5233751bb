/** A playlist as text, or as the bytes that came over the wire. */
export type Playlist = string | Uint8Array;

/** What goes in comes out: text for text, bytes for bytes. */
export type Same<T extends Playlist> = T extends string ? string : Uint8Array;

const CHUNK = 8192;

/**
 * The playlist as a string to work on. Bytes become the code points 0-255, one each: UTF-8 would not bring invalid
 * sequences back as they were (and TextDecoder's `latin1` is windows-1252, which moves 0x80-0x9f).
 */
export function toWorkingText(playlist: Playlist): string {
  if (typeof playlist === 'string') return playlist;
  let text = '';
  for (let i = 0; i < playlist.length; i += CHUNK) {
    text += String.fromCharCode.apply(null, playlist.subarray(i, i + CHUNK) as unknown as number[]);
  }
  return text;
}

/** The inverse of `toWorkingText`, in the type of `like`. */
export function fromWorkingText<T extends Playlist>(text: string, like: T): Same<T> {
  if (typeof like === 'string') return text as Same<T>;
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes as Uint8Array as Same<T>;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** A part of the working text as a reader means it: UTF-8 where the playlist came as bytes (RFC 8216 §4.1). */
export function meaningOf(part: string, playlist: Playlist): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
  if (typeof playlist === 'string' || /^[\x00-\x7f]*$/.test(part)) return part;
  return utf8.decode(fromWorkingText(part, playlist));
}
