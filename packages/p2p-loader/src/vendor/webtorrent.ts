import WebTorrent from 'webtorrent';

export type { Torrent } from 'webtorrent';
export type { WebTorrent };

/** A WebTorrent client that finds nobody by itself: no DHT, no LSD, no PEX, no tracker, no UPnP. */
export function createTorrentClient(peerId: string): WebTorrent {
  return new WebTorrent({
    peerId,
    tracker: false,
    dht: false,
    lsd: false,
    utPex: false,
    natUpnp: false,
    natPmp: false,
    utp: false,
    maxConns: 1000,
  });
}
