/** A link with this many bad pieces of its own gives no more. */
export const MAX_BAD_PIECES = 2;

/** What the engine counts; `stats` shows it. */
export interface Counters {
  peerBytes: number;
  /** From helpers; `peerBytes` has none of it. */
  helperBytes: number;
  /** Those of `peerBytes` that came from viewers of other groups. */
  outsideBytes: number;
  originBytes: number;
  uploadedBytes: number;
  /** Those of `peerBytes` and `helperBytes`, and of `uploadedBytes`, that a TURN server passed on. */
  relayedPeerBytes: number;
  relayedUploadedBytes: number;
  originRequests: number;
  badPieces: number;
}

/** Before anything was counted. */
export const noBytes = (): Counters => ({
  peerBytes: 0,
  helperBytes: 0,
  outsideBytes: 0,
  originBytes: 0,
  uploadedBytes: 0,
  relayedPeerBytes: 0,
  relayedUploadedBytes: 0,
  originRequests: 0,
  badPieces: 0,
});

/** A link as it is counted; see Link. */
export interface CountedLink {
  readonly id: string;
  downloadedBytes: number;
  uploadedBytes: number;
  badPieces: number;
  readonly helper: boolean;
  readonly outside: boolean;
  gaveAt: number | undefined;
  readonly path: RTCIceCandidateType | undefined;
  readonly throughput: { add(bytes: number, ms: number, now: number): void };
  noteSilence(): void;
}

/** Those who are counted. */
export interface CountedMesh {
  readonly links: ReadonlyMap<string, CountedLink>;
  isHelper(id: string): boolean;
  ban(id: string): void;
}

/** See SegmentEvents. */
export interface Accounting {
  onPieceBytes(segment: unknown, sender: string, bytes: number): void;
  onBadPiece(segment: unknown, senders: readonly string[]): void;
  onUpload(segment: unknown, peerId: string, bytes: number): void;
  onServed(peerId: string, bytes: number, ms: number): void;
}

/** Of pieces in which several have a part fractions are counted. */
export const roundedBytes = (counters: Counters): Counters => ({
  ...counters,
  peerBytes: Math.round(counters.peerBytes),
  helperBytes: Math.round(counters.helperBytes),
  outsideBytes: Math.round(counters.outsideBytes),
  originBytes: Math.round(counters.originBytes),
  relayedPeerBytes: Math.round(counters.relayedPeerBytes),
});

/** Counts bytes by source and by link, and sends away who gives bad pieces. */
export function accounting(counters: Counters, mesh: () => CountedMesh, now: () => number): Accounting {
  return {
    onPieceBytes: (_segment, sender, bytes) => {
      if (sender === '') {
        counters.originBytes += bytes;
        return;
      }
      counters[mesh().isHelper(sender) ? 'helperBytes' : 'peerBytes'] += bytes;
      const link = mesh().links.get(sender);
      if (!link) return;
      link.downloadedBytes += bytes;
      link.gaveAt = now();
      if (link.outside && !link.helper) counters.outsideBytes += bytes;
      if (link.path === 'relay') counters.relayedPeerBytes += bytes;
    },
    onBadPiece: (_segment, senders) => {
      counters.badPieces += 1;
      // Of several senders nobody knows whose block it was.
      const link = senders.length === 1 ? mesh().links.get(senders[0] ?? '') : undefined;
      if (!link) return;
      link.badPieces += 1;
      if (link.badPieces >= MAX_BAD_PIECES) mesh().ban(link.id);
    },
    onServed: (peerId, bytes, ms) => {
      const link = mesh().links.get(peerId);
      link?.throughput.add(bytes, ms, now());
      if (bytes === 0) link?.noteSilence();
    },
    onUpload: (_segment, peerId, bytes) => {
      counters.uploadedBytes += bytes;
      const link = mesh().links.get(peerId);
      if (!link) return;
      link.uploadedBytes += bytes;
      if (link.path === 'relay') counters.relayedUploadedBytes += bytes;
    },
  };
}
