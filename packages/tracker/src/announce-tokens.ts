import { createHmac, timingSafeEqual } from 'node:crypto';

/** How long a token lets a viewer connect, s. A connection that was let in may stay. */
const LIFETIME = 300;
/** No token expires later than this, s: a lost one does not open the tracker for ever. */
const MAX_LIFETIME = 24 * 60 * 60;
const TOKEN = /^(\d{1,12})\.([\w-]{43})$/;

/**
 * Tokens in announce URLs, `?token=EXPIRY.HMAC`: EXPIRY in seconds since the epoch, HMAC the unpadded base64url of the
 * HMAC-SHA256 (RFC 2104) of EXPIRY's digits. A site's own backend can issue them with the same secret.
 */
export class AnnounceTokens {
  constructor(
    private readonly secret: string,
    /** Wall clock, ms since the epoch. */
    private readonly now: () => number,
  ) {}

  issue(): string {
    const expiry = String(Math.floor(this.now() / 1000) + LIFETIME);
    return `${expiry}.${this.#sign(expiry).toString('base64url')}`;
  }

  /** The announce URL with a fresh token. */
  addTo(announceUrl: string): string {
    const url = new URL(announceUrl);
    url.searchParams.set('token', this.issue());
    return url.href;
  }

  accepts(token: string | null): boolean {
    const [, expiry, hmac] = TOKEN.exec(token ?? '') ?? [];
    if (expiry === undefined || hmac === undefined) return false;
    const given = Buffer.from(hmac, 'base64url');
    const signed = this.#sign(expiry);
    if (given.length !== signed.length || !timingSafeEqual(given, signed)) return false;
    const left = Number(expiry) - this.now() / 1000;
    return left > 0 && left <= MAX_LIFETIME;
  }

  #sign(expiry: string): Buffer {
    return createHmac('sha256', this.secret).update(expiry).digest();
  }
}
