export { createFetchHandler, type FetchHandler } from './http/fetch-handler.js';
export { formatMagnet, type KnownMagnets, type Magnet, parseMagnet } from './magnet.js';
export { type FollowOptions, followPlaylist } from './magnetizer/follow.js';
export type { MagnetCache } from './magnetizer/magnet-cache.js';
export { createMagnetizer, type MagnetizeOptions, type Magnetizer } from './magnetizer/magnetizer.js';
export type { MagnetizerOptions, MagnetizerStats } from './magnetizer/magnetizer-options.js';
export { type ListedSegment, PlaylistHistory, type UpdateOptions } from './magnetizer/playlist-history.js';
export type { PlaylistVersion } from './magnetizer/playlist-version.js';
export type {
  ReadOptions,
  ReadSegment,
  SegmentData,
  SegmentReader,
  SegmentReference,
  ValidateSegment,
  ValidatingReader,
} from './magnetizer/segment-reader.js';
export { streamId } from './magnetizer/stream-id.js';
export { streamName } from './magnetizer/stream-name.js';
export {
  type AnnotateOptions,
  annotatePlaylist,
  type MagnetOf,
  stripPlaylist,
  withAnnounce,
} from './playlist/annotate.js';
export { checkPlaylist } from './playlist/check.js';
export { PlaylistLimitError, PlaylistSyntaxError } from './playlist/error.js';
export { isPlaylist } from './playlist/is-playlist.js';
export {
  isMagnetized,
  type MagnetizedSegment,
  readMagnets,
  readSegments,
  readStream,
  readVariables,
  type SegmentList,
} from './playlist/read.js';
export {
  createUriRewriter,
  type RewriteUri,
  rewriteUris,
  type UriReference,
  type UriRewriter,
} from './playlist/rewrite.js';
export type { ByteRange, MediaSegment } from './playlist/segment.js';
export { type Stream, shadowStream } from './playlist/stream.js';
export type { Playlist } from './playlist/text.js';
export type { VariableContext, Variables } from './playlist/variables.js';
export { redactUrl } from './redact-url.js';
