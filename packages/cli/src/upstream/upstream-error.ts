import { ForbiddenAddressError } from '@live-torrent/manifest-magnetizer/node';
import { redact } from '../redact.js';

/** Statuses below 500 that ask to try again (RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4). */
const PASSING = new Set([408, 425, 429]);
/** Statuses of who wants to know who asks. */
const SIGN_IN = new Set([401, 403]);

export interface UpstreamErrorOptions extends ErrorOptions {
  /** Follows the text in the message, which is the operator's: what may name addresses and flags. */
  readonly detail?: string;
  /** The status is the upstream's own. */
  readonly answered?: boolean;
}

/** What the upstream said instead of what it was asked for. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  /** The same for viewers: it names no host, no address, no query. */
  readonly shown: string;
  /** The upstream asks, by its status, to try again. */
  readonly passing: boolean;

  /** @param status The upstream's status code, or 502 when it could not be reached or said something that makes no sense. */
  constructor(
    readonly status: number,
    url: string,
    /** Without the URL. */
    readonly text: string,
    { detail = remedyFor(status), answered = false, ...options }: UpstreamErrorOptions = {},
  ) {
    super(`${withoutQuery(url)}: ${text}${detail}`, options);
    this.shown = `${fileNameOf(url)}: ${text}`;
    this.passing = answered && (status >= 500 || PASSING.has(status));
  }

  /** Only a flag makes it better. */
  get wantsFlag(): boolean {
    return this.denied || this.cause instanceof ForbiddenAddressError;
  }

  /** The upstream wants other credentials, or any. */
  get denied(): boolean {
    return SIGN_IN.has(this.status);
  }
}

function remedyFor(status: number): string {
  return SIGN_IN.has(status)
    ? "; --header 'NAME: VALUE' sends what it wants to know, as a user and password in -u do"
    : '';
}

function fileNameOf(url: string): string {
  return withoutQuery(url).split('/').at(-1) || 'the upstream';
}

/** For messages: queries may hold tokens, and user and password are nobody's business. */
export function withoutQuery(url: string): string {
  return redact(url.replace(/[?#].*$/s, ''));
}
