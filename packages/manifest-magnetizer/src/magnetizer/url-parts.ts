/** A URL, or a name that is written like one, cut into what may change from one version of a playlist to the next. */
export interface UrlParts {
  /** Scheme and authority; empty where there are none. */
  readonly origin: string;
  /** The path up to its last slash, in its components. */
  readonly folders: readonly string[];
  /** The last component of the path. */
  readonly file: string;
  /** The parameters of the query, each as it is written. */
  readonly query: readonly string[];
}

export function urlParts(url: string): UrlParts {
  const [, origin = '', path = '', query = ''] =
    /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)?([^?#]*)(?:\?([^#]*))?/is.exec(url) ?? [];
  const folders = path.split('/');
  const file = folders.pop() ?? '';
  return { origin, folders, file, query: query === '' ? [] : query.split('&') };
}

/** The parameter's name, lower case, decoded where it can be. */
export function parameterName(parameter: string): string {
  const name = parameter.split('=', 1)[0] ?? '';
  try {
    return decodeURIComponent(name).toLowerCase();
  } catch {
    return name.toLowerCase();
  }
}

/** Names of parameters that say who may watch, until when, or that nothing is to be cached: not what is watched. */
const TOKENS = new Set(
  [
    'token tkn access_token accesstoken auth_token authtoken auth authorization jwt sig sign signature hmac hash md5 digest',
    'policy key-pair-id expires expire expiry expiration exp e st se sp sv sr spr skoid sktid ske sks skv',
    'hdnts hdnea hdntl hdntk __token__ wmsauthsign wowzatokenhash awscookies verify nva nvb nvh validfrom validto',
    'session sessionid session_id sess sid sessid phpsessid jsessionid nimblesessionid playsessionid play_session_id',
    'viewer viewerid viewer_id user userid user_id uid deviceid device_id did clientid client_id',
    '_ _t _ts ts timestamp rnd rand random nocache no_cache cachebuster cache_buster cb bust cmcd',
  ].flatMap((line) => line.split(' ')),
);
const TOKEN_FAMILY = /^(?:x-amz-|x-goog-|cmcd-|wowzatoken|_hls_|aws\.session)/;

/** Whether a parameter is a viewer's token, a signature, its expiry, a session or a cache-buster, by its name. */
export function isTokenName(parameter: string): boolean {
  const name = parameterName(parameter);
  return TOKENS.has(name) || TOKEN_FAMILY.test(name);
}

/** Whether a component of a path looks like a token: a signature, an expiry, a session. */
export function looksLikeToken(component: string): boolean {
  if (/^(?:exp|st|hmac|acl|token|hdnts|hdnea|hdntl)[=~]/i.test(component) || /[=~].*[=~]/.test(component)) return true;
  if (/^\d{10,13}$/.test(component)) return true;
  const plain = component.replace(/[-_.]/g, '');
  const digits = plain.replace(/\D/g, '').length;
  return plain.length >= 16 && /^[a-z\d]+$/i.test(plain) && digits >= 3 && plain.length - digits >= 3;
}

/** The URL without the parameters that are tokens by their names; the others stay in their order, as they are written. */
export function withoutTokens(url: string): string {
  const at = url.search(/[?#]/);
  if (at < 0) return url;
  const kept = urlParts(url).query.filter((parameter) => parameter !== '' && !isTokenName(parameter));
  return url.slice(0, at) + (kept.length === 0 ? '' : `?${kept.join('&')}`);
}
