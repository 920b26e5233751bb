/** Offers in one announce, above what the client sends (BEP of WebTorrent trackers: one per wanted peer). */
const MAX_OFFERS = 20;

/** A connection that is offered to whoever gets it. */
export interface Offer {
  readonly offer: object;
  readonly offer_id?: unknown;
}

/** What a viewer says of a stream; ids are 20 bytes, a character each. */
export interface Announce {
  readonly info_hash: string;
  readonly peer_id: string;
  readonly event?: unknown;
  /** Bytes that it lacks, BEP 3. */
  readonly left?: unknown;
  readonly offers?: readonly Offer[];
  /** For the viewer that has offered. */
  readonly answer?: object;
  readonly to_peer_id?: string;
  readonly offer_id?: unknown;
}

/**
 * A message from a viewer, if it is a well-formed announce of the WebTorrent tracker protocol. Scrapes are none: they would tell anybody who
 * asks which streams there are.
 */
export function parseAnnounce(text: string): Announce | undefined {
  const message = parse(text);
  return isAnnounce(message) ? message : undefined;
}

function isAnnounce(message: unknown): message is Announce {
  return (
    isRecord(message) &&
    message.action === 'announce' &&
    isBinary20(message.info_hash) &&
    isBinary20(message.peer_id) &&
    (message.answer === undefined || (isRecord(message.answer) && isBinary20(message.to_peer_id))) &&
    (message.offers === undefined || areOffers(message.offers))
  );
}

function areOffers(offers: unknown): boolean {
  return Array.isArray(offers) && offers.length <= MAX_OFFERS && offers.every((o) => isRecord(o) && isRecord(o.offer));
}

function isBinary20(value: unknown): boolean {
  return typeof value === 'string' && /^[\0-\xff]{20}$/.test(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
