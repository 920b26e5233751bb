/** A URL as it is asked for, and what its user and password become. */
export interface SplitUrl {
  readonly url: string;
  /** The value of Authorization (RFC 7617, in UTF-8); undefined where the URL has neither user nor password. */
  readonly authorization: string | undefined;
}

/** Parts an absolute URL from its user and password: RFC 9110 §4.2.4 has none in what is asked for. */
export function splitUserInfo(url: string): SplitUrl {
  if (!url.includes('@')) return { url, authorization: undefined };
  const parsed = new URL(url);
  const { username, password } = parsed;
  if (username === '' && password === '') return { url, authorization: undefined };
  parsed.username = '';
  parsed.password = '';
  const pair = new TextEncoder().encode(`${decoded(username)}:${decoded(password)}`);
  return { url: parsed.href, authorization: `Basic ${btoa(String.fromCharCode(...pair))}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
