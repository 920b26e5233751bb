/** Options of `createSwProxy`. */
export interface SwProxyOptions {
  /** Which GET requests are playlists: tested with the absolute URL. Default: the path ends in `.m3u8`. */
  readonly playlist?: RegExp | ((url: URL) => boolean);
  /**
   * How long a page that has taken a segment request may go without new bytes before the network is asked, ms. Default 8000,
   * so that it passes before the ten seconds that players allow for the first byte.
   */
  readonly deadline?: number;
  /** Whether bodies arrive at the pace of the real transfers, so that players' bandwidth estimates stay true. Default true. */
  readonly pacing?: boolean;
}

export interface Settings {
  readonly isPlaylist: (url: URL) => boolean;
  readonly deadline: number;
  readonly pacing: boolean;
}

const DEADLINE = 8_000;

const endsInM3u8 = (url: URL): boolean => /\.m3u8$/i.test(url.pathname);

/** Fills in the defaults. @throws {TypeError} that names the option with a value of the wrong kind. */
export function readOptions({ playlist, deadline = DEADLINE, pacing = true }: SwProxyOptions): Settings {
  if (!(Number.isFinite(deadline) && deadline > 0)) {
    throw new TypeError(`createSwProxy: option "deadline" must be a positive number of ms, not ${String(deadline)}`);
  }
  if (typeof pacing !== 'boolean') {
    throw new TypeError(`createSwProxy: option "pacing" must be true or false, not ${String(pacing)}`);
  }
  return { isPlaylist: readPlaylist(playlist), deadline, pacing };
}

function readPlaylist(playlist: SwProxyOptions['playlist']): Settings['isPlaylist'] {
  if (playlist === undefined) return endsInM3u8;
  if (typeof playlist === 'function') return playlist;
  if (!(playlist instanceof RegExp)) {
    throw new TypeError(`createSwProxy: option "playlist" must be a RegExp or a function, not ${String(playlist)}`);
  }
  // A copy without g and y, whose lastIndex would make every other test fail.
  const stateless = new RegExp(playlist.source, playlist.flags.replace(/[gy]/g, ''));
  return (url) => stateless.test(url.href);
}
