/**
 * A URL as it may stand in messages and logs: without user info, and with the names of its query's parameters but not their values.
 * Tokens as CDNs write them into paths (`hmac=…`, `token=…`) are left out, too. Of what is no URL, nothing after the first `?` or
 * before an `@` is kept.
 */
export function redactUrl(url: string): string {
  const [, before = '', query, fragment] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(url) ?? [];
  const plain = before
    .replace(/^([a-z][a-z0-9+.-]*:)?([\\/]{2})[^\\/]*@/i, '$1$2')
    .replace(/^([a-z][a-z0-9+.-]*:)[^\\/]*@/i, '$1')
    .split('/')
    .map((part) => part.replace(SECRET_IN_PATH, '$1$2…').replace(/;([\w.-]+)=[^;]*/g, ';$1=…'))
    .join('/');
  const names = query
    ?.slice(1)
    .split('&')
    .map((parameter) => parameter.replace(/=.*/s, '=…'));
  return plain + (names === undefined ? '' : `?${names.join('&')}`) + (fragment === undefined ? '' : '#…');
}

/** Of a component that says `name=value~name=value`, all values; at its start or after a `~`. */
const SECRET_IN_PATH = /(^|~)((?:hdnts|hdnea|hdntl|hmac|token|sig|signature|exp|st|acl|key|auth)=)[^~]*/gi;
