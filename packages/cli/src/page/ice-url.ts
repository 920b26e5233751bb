import { UsageError } from '../errors.js';

/** One entry of a page's `iceServers` (WebRTC §4.2.3). */
export interface IceServer {
  /** A STUN or TURN URI (RFC 7064, RFC 7065). */
  readonly urls: string;
  readonly username?: string;
  readonly credential?: string;
}

const PATTERN =
  /^(stuns?|turns?):(?:\/\/)?(?:([^@]*)@)?(\[[\da-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?(\?transport=(?:udp|tcp))?$/i;

/**
 * Reads `stun:HOST[:PORT]` or `turn:USER:PASSWORD@HOST[:PORT][?transport=udp|tcp]`, `stuns:` and `turns:` as well. What has a meaning
 * in a URL is percent-encoded in USER and PASSWORD.
 * @returns what is wrong, as a text that does not repeat the password, when it is none
 */
export function parseIceUrl(text: string): IceServer | string {
  const shown = shownOf(text);
  const [, name, userInfo, host, port, transport = ''] = PATTERN.exec(text) ?? [];
  if (name === undefined || host === undefined || Number(port ?? 1) < 1 || Number(port ?? 1) > 65535) {
    return `"${shown}" is not stun:HOST:PORT or turn:USER:PASSWORD@HOST:PORT`;
  }
  const scheme = name.toLowerCase();
  const urls = `${scheme}:${host}${port === undefined ? '' : `:${port}`}${transport}`;
  if (scheme.startsWith('stun')) {
    if (transport !== '') return `"${shown}": STUN has no transport`;
    return userInfo === undefined ? { urls } : `"${shown}": STUN has no user and password`;
  }
  // Browsers throw at a TURN server without them.
  const [username, credential] = credentialsOf(userInfo ?? '');
  if (!username || !credential) return `"${shown}" needs a user and a password: ${scheme}:USER:PASSWORD@HOST:PORT`;
  return { urls, username, credential };
}

/** The server behind `--ice`. @throws {UsageError} */
export function iceServerOf(text: string): IceServer {
  const server = parseIceUrl(text);
  if (typeof server === 'string') throw new UsageError(`--ice: ${server}`);
  return server;
}

/** Without what may be a password, though it stands in the wrong place. */
function shownOf(text: string): string {
  const [, scheme = '', rest = ''] = /^((?:stuns?|turns?):(?:\/\/)?)?(.*)$/is.exec(text) ?? [];
  const [, user, host = rest] = /^(?:([^:@]*):)?.*@([^@]*)$/s.exec(rest) ?? [];
  // What follows a colon is a port, or something that nobody else should read.
  const isHost = host.startsWith('[') || !/:(?!\/\/|\d)/.test(host);
  const credentials = host === rest ? '' : `${user === undefined ? '' : `${user}:`}***@`;
  return scheme + credentials + (isHost ? host : '***');
}

/** Undefined where it is not percent-encoded as it should be. */
function credentialsOf(userInfo: string): (string | undefined)[] {
  const [, user = '', password = ''] = /^([^:]*):(.*)$/s.exec(userInfo) ?? [];
  try {
    return [decodeURIComponent(user), decodeURIComponent(password)];
  } catch {
    return [undefined, undefined];
  }
}
