/** A playlist with a longer line than this passes through unchanged. Characters; 64 KiB. */
export const MAX_LINE_LENGTH = 64 * 1024;
/** A playlist with more segments than this passes through unchanged. */
export const MAX_SEGMENTS = 50_000;
/** A playlist larger than this passes through unchanged; a line of that length is held when a playlist comes in parts. Bytes; 16 MiB. */
export const MAX_PLAYLIST_LENGTH = 16 * 1024 * 1024;
/** More trackers than this in a stream line are not read. */
export const MAX_ANNOUNCE = 16;
