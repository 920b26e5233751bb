import { redactUrl } from '@live-torrent/manifest-magnetizer';

/** What stands in place of a secret. */
const HIDDEN = '…';

/*
 * Texts of the upstream may be long: no pattern takes more than linear time. Of a longer scheme the end is taken for one.
 */
/** An absolute URL in a text, up to a blank, a quotation mark or an angle bracket. */
const URLS = /[a-z][a-z\d+.-]{0,30}:\/\/[^\s"'<>]+/gi;
/** A user and a password in front of a host; quotation marks may be in them. */
const USER_INFO = /([a-z][a-z\d+.-]{0,30}:\/\/)[^\s/?#\\"<>]*@/gi;
/** The query of a URL, or of a path; a magnet link's is none, and no stream line's. */
const QUERIES = /(?<=\S)(?<!\b(?:magnet|live-torrent):)\?([^\s"'<>#]+)/gi;
/** STUN and TURN URIs (RFC 7064, RFC 7065). They have no place for a user and a password. */
const ICE_URIS = /\b((?:stun|turn)s?:(?:\/\/)?)([^\s"'<>]+)/gi;

/**
 * A text for people, without what only its writer may know: user names and passwords of URLs, the values in their queries, which may be
 * tokens, and those in path segments such as `token=…`.
 */
export function redact(text: string): string {
  return text
    .replace(USER_INFO, '$1')
    .replace(ICE_URIS, (_, scheme: string, rest: string) => scheme + rest.replace(/^.*@/s, `${HIDDEN}@`))
    .replace(URLS, redactUrl)
    .replace(QUERIES, redactQuery);
}

/** The same for a value that was meant to be a URL: whatever stands before its last `@` is hidden. */
export function redactArgument(text: string): string {
  return redact(text.replace(/^([a-z][a-z\d+.-]*:\/\/|(?:stun|turn)s?:)?.*@/is, `$1${HIDDEN}@`));
}

/** What is no parameter with a name may be a token, too. */
function redactQuery(_: string, query: string): string {
  const parameters = query.split('&').map((parameter) => {
    const equals = parameter.indexOf('=');
    return equals < 0 ? HIDDEN : `${parameter.slice(0, equals)}=${HIDDEN}`;
  });
  return `?${parameters.join('&')}`;
}
