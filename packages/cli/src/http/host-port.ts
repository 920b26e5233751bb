import { isIP } from 'node:net';

/** `host` or `host:port` in the form that URLs have it, IPv6 addresses in brackets; undefined for what is neither. */
export function hostPort(text: string): string | undefined {
  const host = isIP(text) === 6 ? `[${text}]` : text;
  const [, name, port] = /^(\[[^\]]*\]|[^\s/\\:@?#[\]]+)(?::(\d{1,5}))?$/.exec(host) ?? [];
  if (name === undefined || !URL.canParse(`http://${name}/`) || Number(port ?? 0) > 65_535) return undefined;
  const { hostname } = new URL(`http://${name}/`);
  return port === undefined ? hostname : `${hostname}:${Number(port)}`;
}
