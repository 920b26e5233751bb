import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { type Content, type Origin, type OriginOptions, startOrigin } from '../../../harness/origin.mjs';
import { typeOf } from '../../../harness/page-files.mjs';
import { growingEvent, liveWindow } from './live-window.js';

export interface FolderOriginOptions extends Pick<OriginOptions, 'cors' | 'latency' | 'rate' | 'fail'> {
  readonly folder: string;
  /** Serve the folder's complete playlists as live ones with this many segments, from now on. */
  readonly liveWindow?: number;
  /** Serve them as EVENT playlists that grow, with this many segments now. */
  readonly growingEvent?: number;
  /** Playlists go out as this says; `url` is the playlist's. */
  readonly rewrite?: (playlist: string, url: string) => Promise<string>;
}

/** An HTTP server for a folder that counts what it sends, to whom. */
export function startFolderOrigin(options: FolderOriginOptions): Promise<Origin> {
  const { folder, liveWindow: window, growingEvent: begun, rewrite, ...rest } = options;
  const beganAt = Date.now();

  const mediaPlaylist = (vod: string): string => {
    const elapsed = (Date.now() - beganAt) / 1000;
    if (window !== undefined) return liveWindow(vod, elapsed, window);
    return begun === undefined ? vod : growingEvent(vod, elapsed, begun);
  };

  const read = async (path: string, url: string): Promise<Content | undefined> => {
    const file = await readFile(join(folder, normalize(path))).catch(() => undefined);
    if (!file) return undefined;
    const type = typeOf(path);
    if (extname(path) !== '.m3u8') return { bytes: file, type, caching: 'max-age=60' };
    const playlist = file.includes('#EXTINF') ? mediaPlaylist(file.toString()) : file.toString();
    const bytes = Buffer.from(rewrite ? await rewrite(playlist, url) : playlist);
    return { bytes, type, caching: 'no-cache' };
  };

  return startOrigin({ ...rest, read });
}
