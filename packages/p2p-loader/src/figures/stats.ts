/** Why nothing is given to other viewers. */
export type UploadPausedReason = 'upload-off' | 'upload-cap' | 'save-data' | 'cellular' | 'low-battery';

/** What a page may do in the viewer's local network, by the browser's word (W3C Permissions §4; WICG Local Network Access §3.2), or by the site's. */
export type LocalNetworkState = PermissionState | 'never';

/** One link of the mesh, as `stats` shows it. */
export interface LinkStats {
  /** The other viewer's peer id, 40 hex digits. */
  readonly id: string;
  /**
   * How the connection goes: `host` within one network, `srflx` or `prflx` through address translation, `relay` through a TURN server
   * (RFC 8445 §4, the less direct of both ends). Undefined until the browser has told. The browser is asked when the link opens, again after 2 s
   * and 10 s, then at most once a minute.
   */
  readonly path: RTCIceCandidateType | undefined;
  /** It said that it is a helper. */
  readonly helper: boolean;
  /** It is of another group than this viewer (option `group`). */
  readonly outside: boolean;
  /** Payload bytes received and verified from this viewer. */
  readonly downloadedBytes: number;
  /** Payload bytes sent to this viewer. */
  readonly uploadedBytes: number;
  /** Bytes a second that it gives while something is asked of it; undefined before anything was. */
  readonly downloadRate: number | undefined;
}

/** Why the loader plays by plain HTTP. */
export type DisabledReason =
  | 'not-started'
  | 'disabled'
  | 'awaiting-consent'
  | 'no-webrtc'
  | 'no-crypto'
  | 'no-stream'
  | 'no-tracker'
  /** `relayOnly` is set, and no TURN server is. */
  | 'no-relay'
  /** The viewer asked for less data. */
  | 'save-data'
  /** Where the site's rules say so. */
  | 'cellular'
  | 'low-battery'
  /** The page has been hidden for a while and plays nothing. */
  | 'asleep'
  /** `shadow: true`: what peers would have given is measured, and nothing taken from them. */
  | 'shadow'
  | 'stopped';

/** What would have been, had peers been used; bytes are payload bytes of segments that were played meanwhile. */
export interface ShadowStats {
  readonly peerBytes: number;
  readonly originBytes: number;
  /** What this viewer would have given to others. */
  readonly uploadedBytes: number;
  readonly segments: { readonly fromPeers: number; readonly fromOrigin: number };
}

/** A snapshot of what the loader did so far. Byte figures are payload bytes received and verified. */
export interface LoaderStats {
  /** True while peers are used. */
  readonly enabled: boolean;
  /** Why not, when `enabled` is false. */
  readonly reason: DisabledReason | undefined;
  readonly peerBytes: number;
  /** From helpers (role `helper`), which are asked in the origin's place only; `peerBytes` has none of it. */
  readonly helperBytes: number;
  /** Those of `peerBytes` that came from viewers of other groups (option `group`). */
  readonly outsideBytes: number;
  readonly originBytes: number;
  readonly uploadedBytes: number;
  /** Those of `peerBytes` and `helperBytes`, and of `uploadedBytes`, that a TURN server passed on: its owner pays for them. */
  readonly relayedPeerBytes: number;
  readonly relayedUploadedBytes: number;
  /** Why nothing is given to other viewers at the moment; undefined while it is. */
  readonly uploadPaused: UploadPausedReason | undefined;
  /** Requests sent to the origin for segments. */
  readonly originRequests: number;
  /** Open links to other viewers. */
  readonly links: number;
  /** Connections to other viewers that were begun and did not come up: no path between the two, or the other went. */
  readonly failedLinks: number;
  /**
   * The browser's permission to reach the local network, `never` where the option `localNetwork` says so. While it is not `granted`, a browser that
   * holds WebRTC to it links viewers of one network over other addresses only, or not at all. Undefined where the browser knows no such
   * permission, and before the mesh is joined.
   */
  readonly localNetwork: LocalNetworkState | undefined;
  /** Viewers of the stream, the best figure known. */
  readonly swarmSize: number;
  /** Segments delivered to the player, by where their bytes came from. */
  readonly segments: {
    readonly fromPeers: number;
    readonly fromHelpers: number;
    readonly fromOrigin: number;
    readonly mixed: number;
    readonly fromCache: number;
  };
  /** Pieces that failed verification. */
  readonly badPieces: number;
  /** Bytes of verified segments in memory. */
  readonly cachedBytes: number;
  /** Segment torrents held. */
  readonly torrents: number;
  /** Announces and answers sent to trackers. */
  readonly trackerMessages: number;
  /** Playlists seen, and those of them that carried no magnet. */
  readonly playlists: number;
  readonly peers: readonly LinkStats[];
  /** In shadow mode, else undefined. */
  readonly shadow: ShadowStats | undefined;
  /** This viewer's peer id, 40 hex digits. */
  readonly peerId: string;
}
