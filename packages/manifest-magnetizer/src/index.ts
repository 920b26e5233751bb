export { type AnnotateOptions, annotatePlaylist, type MagnetOf, stripPlaylist } from './annotate.js';
export { PlaylistSyntaxError } from './error.js';
export { formatMagnet, type Magnet, parseMagnet } from './magnet.js';
export {
  isMagnetized,
  type MagnetizedSegment,
  readMagnets,
  readSegments,
  readStream,
  type SegmentList,
} from './read.js';
export type { ByteRange, MediaSegment } from './segment.js';
export type { Stream } from './stream.js';
export type { Playlist } from './text.js';
export type { Variables } from './variables.js';
