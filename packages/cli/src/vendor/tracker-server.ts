/// <reference path="./bittorrent-tracker-server.d.ts" />
import Server from 'bittorrent-tracker/server';

export type { TrackerSocket, WebSocketLike } from 'bittorrent-tracker/server';
export { Server as TrackerServer };
