import { isTokenName, parameterName, urlParts } from './url-parts.js';

/** Names of parameters that say what is watched, however random their value looks. */
const SELECTS = new Set(
  'ch channel channelid channel_id c cid id vid video videoid v s stream streamid stream_id streamname name n program programid event eventid asset assetid content contentid media mediaid file path url src source play playlist camera cam room show live'.split(
    ' ',
  ),
);
/** A component of a path with a token in it, as CDNs write them: `exp=…~hmac=…`, `hdnts=…`, `token=…`. */
const PATH_TOKEN = /(?:^|~)(?:hdnts|hdnea|hdntl|hmac|exp|token|sig|signature|st|expires)[=~]/i;

/**
 * What names the stream of a playlist where nothing else is said: its URL without what belongs to one viewer or one request. Pure, so
 * that all processes and hosts of an origin say the same. Dropped are the fragment, user info, parameters whose name is that of a token,
 * signature, expiry, session, viewer or cache-buster, and values that can only be a token; all others may select a channel and stay, in
 * the order of their names.
 * @param url absolute, of a Media or Multivariant Playlist
 */
export function streamName(url: string): string {
  const { origin, folders, file, query } = urlParts(url);
  const host = origin.replace(/^([^/]*\/\/)(?:[^/]*@)?/, '$1').toLowerCase();
  const path = [...folders.filter((folder) => !PATH_TOKEN.test(folder)), file]
    .map((component) => component.replace(/;(?:jsessionid|session|sid)=[^;/]*/gi, ''))
    .join('/');
  const selecting = query.filter((one) => one !== '' && !isTokenName(one) && !isTokenValue(one)).sort();
  return host + path + (selecting.length === 0 ? '' : `?${selecting.join('&')}`);
}

/** A JSON Web Token, or a long value of letters and digits at random, under a name that selects nothing. */
function isTokenValue(parameter: string): boolean {
  const value = parameter.slice(parameter.indexOf('=') + 1);
  if (/^eyJ[\w-]+\.[\w-]+\.[\w-]*$/.test(value)) return true;
  if (value.length < 40 || !/^[\w%.~=+-]+$/.test(value) || SELECTS.has(parameterName(parameter))) return false;
  return value.replace(/\D/g, '').length >= 5 && value.replace(/[^A-Za-z]/g, '').length >= 5;
}
