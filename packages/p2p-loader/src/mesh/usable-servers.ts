import { refusalOf } from './peer-connection.js';

/** An ICE server's URL that the browser refuses, and why; never its credentials. */
export class RefusedServer extends Error {
  override readonly name = 'RefusedServer';
  constructor(
    readonly url: string,
    readonly reason: unknown,
  ) {
    super(`iceServers: this browser refuses ${url}: ${reason}`);
  }
}

/**
 * The configuration without the ICE servers that the browser refuses: it makes no connection at all for one of them (W3C WebRTC §4.2.4).
 * @param onRefused told of each
 * @returns undefined when it makes none without servers either, and `onRefused` was told why
 */
export function usableServers(
  configuration: RTCConfiguration,
  onRefused: (error: Error) => void,
  refusal = refusalOf,
): RTCConfiguration | undefined {
  const { iceServers = [], ...rest } = configuration;
  if (refusal(configuration) === undefined) return configuration;
  const reason = refusal({ ...rest, iceServers: [] });
  if (reason !== undefined) {
    onRefused(new Error(`this browser makes no RTCPeerConnection: ${reason}`));
    return undefined;
  }
  const each = iceServers.flatMap((server) => [server?.urls].flat().map((urls) => ({ ...server, urls: String(urls) })));
  const usable = each.filter((server) => {
    const refused = refusal({ ...rest, iceServers: [server] });
    if (refused !== undefined) onRefused(new RefusedServer(server.urls, refused));
    return refused === undefined;
  });
  return { ...rest, iceServers: usable };
}
