/**
 * The control protocol of a link, spoken over its main channel: JSON, one message a line, a few lines a frame.
 * Unknown types are ignored (a later version may add some); anything malformed ends the link.
 */

/** Raised when a message changes meaning. */
export const CONTROL_VERSION = 1;
/** Longest frame taken, characters. */
export const MAX_CONTROL_LENGTH = 65_536;
/** Links that a viewer holds at most: later ones are refused, and nobody is believed to hold more. */
export const MAX_LINKS = 16;
/** Longest info dictionary in one, characters: as long as a playlist may have it. */
export const MAX_INFO_LENGTH = 16 * 1024;
/** Most infohashes in one message. */
export const MAX_HASHES = 512;

export type ControlMessage =
  /**
   * First message of both sides: nothing else may be sent before, no channel opened before the other's is here. `helper`: the sender gives to those
   * who would else ask the origin, and is asked by nobody else. `group`: the id of the
   * sender's group.
   */
  | { t: 'hello'; v: number; id: string; n: number; have: string[]; helper?: boolean; group?: string }
  /** The sender holds these segments whole and verified. */
  | { t: 'have'; h: string[] }
  /** The sender is receiving this segment and can pass on what it has. */
  | { t: 'part'; h: string }
  /** The sender dropped these. */
  | { t: 'lost'; h: string[] }
  /** Asks the side with the smaller peer id to open a channel for this segment. `i`: send the info dictionary first. */
  | { t: 'want'; h: string; i?: boolean }
  /** Answer to `want` that is not met: not here, or no room. */
  | { t: 'no'; h: string }
  /** An info dictionary, base64url. */
  | { t: 'info'; h: string; i: string }
  /** Viewer `f` fetches this segment from the origin, in `w` ms or now; `a` viewers passed that on so far. Relayed once. */
  | { t: 'fetching'; h: string; f: string; a: number; w?: number }
  /** Segment `h` (length `l` bytes, info dictionary `i`) was seen in a playlist right after segment `after`. Relayed once. */
  | { t: 'new'; h: string; l: number; i: string; after: string }
  /** The sender is linked to these viewers: what they tell on, it hears from themselves. */
  | { t: 'links'; p: string[] }
  /** The origin's answers show that the sender's line carries `r` bytes a second. */
  | { t: 'line'; r: number }
  /** Between viewers in shadow mode, instead of the segment that was asked for: it would have been given. */
  | { t: 'gave'; h: string }
  /** The sender leaves. */
  | { t: 'bye' };

/** A frame that breaks the protocol. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  constructor(
    reason: string,
    readonly frame: string,
  ) {
    super(`control protocol: ${reason}: ${frame.slice(0, 80)}`);
  }
}

const HASH = /^[0-9a-f]{40}$/;
const BASE64URL = /^[A-Za-z0-9_-]+$/;
const isHash = (value: unknown): value is string => typeof value === 'string' && HASH.test(value);
const isHashes = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length <= MAX_HASHES && value.every(isHash);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isFlag = (value: unknown): boolean => value === undefined || typeof value === 'boolean';
const isInfo = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= MAX_INFO_LENGTH && BASE64URL.test(value);

type Fields = Record<string, unknown>;
const SHAPES: Record<ControlMessage['t'], (m: Fields) => boolean> = {
  hello: (m) =>
    isCount(m.v) &&
    isHash(m.id) &&
    isCount(m.n) &&
    isHashes(m.have) &&
    isFlag(m.helper) &&
    (m.group === undefined || isHash(m.group)),
  have: (m) => isHashes(m.h),
  part: (m) => isHash(m.h),
  lost: (m) => isHashes(m.h),
  want: (m) => isHash(m.h) && isFlag(m.i),
  no: (m) => isHash(m.h),
  info: (m) => isHash(m.h) && isInfo(m.i),
  fetching: (m) => isHash(m.h) && isHash(m.f) && isCount(m.a) && (m.w === undefined || isCount(m.w)),
  new: (m) => isHash(m.h) && isCount(m.l) && isInfo(m.i) && isHash(m.after),
  links: (m) => isHashes(m.p),
  line: (m) => isCount(m.r),
  gave: (m) => isHash(m.h),
  bye: () => true,
};

/** Several messages in one frame: a line each, which JSON never breaks. */
export function encodeFrame(messages: readonly ControlMessage[]): string {
  return messages.map(encodeControl).join('\n');
}

/**
 * The messages of a frame, without those of unknown types.
 * @throws ControlError as `decodeControl` does
 */
export function decodeFrame(frame: string): ControlMessage[] {
  if (frame.length > MAX_CONTROL_LENGTH) throw new ControlError('frame too long', frame);
  return frame.split('\n').flatMap((line) => decodeControl(line) ?? []);
}

export function encodeControl(message: ControlMessage): string {
  return JSON.stringify(message);
}

/**
 * Reads one frame. `undefined` for a type that this version does not know.
 * @throws ControlError when the frame is too long, no JSON object, or a known type has the wrong fields.
 */
export function decodeControl(frame: string): ControlMessage | undefined {
  if (frame.length > MAX_CONTROL_LENGTH) throw new ControlError('frame too long', frame);
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    throw new ControlError('not JSON', frame);
  }
  if (typeof value !== 'object' || value === null || typeof (value as Fields).t !== 'string') {
    throw new ControlError('not a message', frame);
  }
  const fields = value as Fields;
  const type = fields.t as string;
  if (!Object.hasOwn(SHAPES, type)) return undefined;
  if (!SHAPES[type as ControlMessage['t']](fields)) throw new ControlError(`bad "${type}"`, frame);
  return fields as ControlMessage;
}
