import { createInfo, parseInfo } from '@live-torrent/manifest-magnetizer/info';
import { SegmentStream } from '../src/mesh/segment-stream.js';
import { SegmentTorrent, type SegmentTorrentInfo } from '../src/segment/segment-torrent.js';
import type { Torrents } from '../src/segment/torrents.js';
import { createTorrentClient, type WebTorrent } from '../src/vendor/webtorrent.js';

/** Peer id of viewer `n`, 40 hex digits. */
export const viewerId = (n: number): string => n.toString(16).padStart(2, '0').repeat(20);

export interface Sample {
  readonly bytes: Uint8Array;
  readonly infoHash: string;
  readonly info: SegmentTorrentInfo;
}

/** A segment of that many bytes, no two pieces alike, and its info dictionary. */
export async function sample(length: number, seed = 1): Promise<Sample> {
  const bytes = Uint8Array.from({ length }, (_, i) => Math.imul(i + seed * 7919, 2_654_435_761) >>> 24);
  const { info, infoHash } = await createInfo(bytes);
  const parsed = parseInfo(info);
  if (!parsed) throw new Error('not canonical');
  return { bytes, infoHash, info: { encoded: info, parsed } };
}

/** WebTorrent clients that end with the test. */
export function torrentClients(): (id: string) => WebTorrent {
  const clients: WebTorrent[] = [];
  afterEach(() =>
    Promise.all(clients.splice(0).map((client) => new Promise<void>((resolve) => client.destroy(resolve)))),
  );
  return (id) => {
    const client = createTorrentClient(id);
    clients.push(client);
    return client;
  };
}

/** What makes torrents in a client of the test. */
export const torrentsOf = (client: WebTorrent): Pick<Torrents, 'create'> => ({
  create: (...parameters) => new SegmentTorrent(client, ...parameters),
});

/** Both ends of one segment's stream between two viewers, in memory: the first is viewer `a`'s, the other opens with its first bytes. */
export function streamPair(a: string, b: string, infoHash: string): [SegmentStream, SegmentStream] {
  const ends: SegmentStream[] = [b, a].map(
    (peerId, side) =>
      new SegmentStream(peerId, infoHash, {
        send: (chunk) => {
          const copy = chunk.slice();
          setImmediate(() => {
            ends[1 - side]?.open();
            ends[1 - side]?.receive(copy);
          });
        },
        bufferedAmount: () => 0,
        onDrain: (callback) => callback(),
        release: () => setImmediate(() => ends[1 - side]?.destroy()),
      }),
  );
  setImmediate(() => ends[0]?.open());
  return ends as [SegmentStream, SegmentStream];
}

/** Waits until it is true. Throws after 20 s and more, with the condition. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; !condition(); turn++) {
    if (turn === 4_000) throw new Error(`still not: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
