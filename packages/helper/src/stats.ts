/** What one viewer of a helper did so far; byte figures are payload bytes received and verified. */
export interface ViewerStats {
  /** This viewer's peer id, 40 hex digits. */
  readonly peerId: string;
  /** Why it takes and gives nothing; undefined while it does. */
  readonly reason: string | undefined;
  readonly peerBytes: number;
  /** From helpers; `peerBytes` has none of it. */
  readonly helperBytes: number;
  /** Those of `peerBytes` that came from viewers of other groups. */
  readonly outsideBytes: number;
  readonly originBytes: number;
  readonly uploadedBytes: number;
  /** Open links to other viewers. */
  readonly links: number;
  /** Viewers of the stream, the best figure known. */
  readonly swarmSize: number;
  /** Bytes of verified segments in memory. */
  readonly heldBytes: number;
  /** Segments that it has or had. */
  readonly segments: number;
  /** Of these, those that were here only after a player that began with it would have needed them. */
  readonly late: number;
  /** Segments that neither peers nor the origin had. */
  readonly failed: number;
  /** Pieces that failed verification. */
  readonly badPieces: number;
  /** Announces and answers sent to trackers. */
  readonly trackerMessages: number;
}

/** What a helper did so far. */
export interface HelperStats {
  /** `ended`: all playlists have ended (EXT-X-ENDLIST), or it was stopped. */
  readonly state: 'starting' | 'running' | 'ended';
  readonly viewers: readonly ViewerStats[];
  /** Memory of the process that views, bytes; 0 before it has told. */
  readonly memory: number;
  /** Processor time of the process that views, ms. */
  readonly cpu: number;
  /** How often that process had to be started again. */
  readonly restarts: number;
}
