/** Characters of a session description: dozens of candidates have room. */
const MAX_SDP = 64 * 1024;

/** What a tracker says, of WebTorrent's protocol: an answer to an announce, or another viewer's offer or answer. Ids are a character a byte. */
export interface TrackerMessage {
  readonly action: 'announce';
  readonly info_hash: string;
  readonly peer_id?: string;
  readonly complete?: number;
  readonly incomplete?: number;
  readonly 'failure reason'?: string;
  readonly 'warning message'?: string;
  readonly offer_id?: string;
  readonly offer?: RTCSessionDescriptionInit;
  readonly answer?: RTCSessionDescriptionInit;
}

type Check = (value: unknown) => boolean;
const isId: Check = (value) => typeof value === 'string' && value.length === 20;
const isText: Check = (value) => typeof value === 'string';
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const describes =
  (type: RTCSdpType): Check =>
  (value) => {
    const { type: given, sdp } = (value ?? {}) as { type?: unknown; sdp?: unknown };
    return given === type && typeof sdp === 'string' && sdp.length <= MAX_SDP;
  };

const FIELDS: { readonly [name: string]: Check } = {
  info_hash: isId,
  peer_id: isId,
  complete: isCount,
  incomplete: isCount,
  'failure reason': isText,
  'warning message': isText,
  offer_id: isId,
  offer: describes('offer'),
  answer: describes('answer'),
};

/**
 * A tracker's message, with the fields that are used here and no others: how often is announced is not the tracker's to say.
 * @throws Error when it is none: a tracker that says such things is left alone for a while
 */
export function readTrackerMessage(text: string): TrackerMessage {
  const given = JSON.parse(text);
  if (given?.action !== 'announce' || given.info_hash === undefined) throw new Error('not a message of a tracker');
  const message: Record<string, unknown> = { action: 'announce' };
  for (const [name, isValid] of Object.entries(FIELDS)) {
    const value: unknown = given[name] ?? undefined;
    if (value === undefined) continue;
    if (!isValid(value)) throw new Error(`not a message of a tracker: ${name}`);
    message[name] = value;
  }
  return message as unknown as TrackerMessage;
}
