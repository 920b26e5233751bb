import type { IncomingMessage } from 'node:http';
import { isSentByBrowsers } from '../http/cors.js';
import { hostnameOf, isSameSite } from '../http/same-site.js';
import type { ViewerCredentials } from './http-client.js';

/**
 * What of a viewer's request tells the upstream's `url` who asks; undefined where nothing does.
 *
 * Authorization is the player's own word for that URL. But what a browser sends by itself to our own origin is for whoever guards that,
 * such as a proxy in front. Cookies go to hosts of our own site only, where the browser may have them from, and only for pages of it.
 */
export function credentialsOf({ headers }: IncomingMessage, url: string): ViewerCredentials | undefined {
  const { authorization, cookie, host = '', origin } = headers;
  const fetchSite = headers['sec-fetch-site'];
  const guard = isSentByBrowsers(authorization ?? '') && (fetchSite === 'same-origin' || fetchSite === 'none');
  const ourHost = hostnameOf(`http://${host}`);
  const fromOurSite = fetchSite !== 'cross-site' && (origin === undefined || isSameSite(hostnameOf(origin), ourHost));
  const credentials = {
    ...(authorization === undefined || guard ? {} : { authorization }),
    ...(cookie !== undefined && fromOurSite && isSameSite(hostnameOf(url), ourHost) ? { cookie } : {}),
  };
  return Object.keys(credentials).length === 0 ? undefined : credentials;
}
