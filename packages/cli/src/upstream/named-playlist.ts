/** A playlist that is asked of the upstream. */
export interface NamedPlaylist {
  /** Its URL before redirects. */
  readonly url: string;
  /** Delivery directives (draft-pantos-hls-rfc8216bis §6.2.5), such as `_HLS_msn=7&_HLS_part=1`. */
  readonly directives: string;
}

/** The delivery directives of a request's target, byte for byte as the viewer sent them. */
export function directivesOf(target: string): string {
  const query = /\?([^#]*)/.exec(target)?.[1] ?? '';
  return query
    .split('&')
    .filter((parameter) => parameter.startsWith('_HLS_'))
    .join('&');
}

/** The URL with the directives. */
export function targetOf({ url, directives }: NamedPlaylist): string {
  return directives === '' ? url : `${url}${url.includes('?') ? '&' : '?'}${directives}`;
}

/** What `targetOf` has made it of. */
export function withoutDirectives(target: string): string {
  return target.replace(/[?&]_HLS_.*$/s, '');
}
