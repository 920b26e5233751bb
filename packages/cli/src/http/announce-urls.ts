/** Where the embedded tracker listens, on the same port. */
export const ANNOUNCE_PATH = '/announce';

/** The announce URLs that a viewer gets who came by `viewer`: those given, else the tracker on the port that it used. */
export function announceUrls(given: readonly string[], viewer: URL): readonly string[] {
  return given.length > 0 ? given : [`${viewer.protocol === 'https:' ? 'wss' : 'ws'}://${viewer.host}${ANNOUNCE_PATH}`];
}
