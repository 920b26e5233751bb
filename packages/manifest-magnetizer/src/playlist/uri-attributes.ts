import type { Attribute } from './attributes.js';

/** Attributes whose value is a URI by a specification: RFC 8216 §4.3, draft-pantos-hls-rfc8216bis §4.4 and its appendix on interstitials. */
const SPECIFIED = new Set(['URI', 'SERVER-URI', 'X-ASSET-URI', 'X-ASSET-LIST']);

/**
 * Whether an attribute of whatever tag carries a URI: those that a specification names, and those of anybody whose name ends in URI or URL,
 * if the value has the form of one: `none` and such are left alone.
 */
export function carriesUri({ name, value, quoted }: Attribute): boolean {
  if (SPECIFIED.has(name)) return value !== '';
  return quoted && /(?:^|[-_])UR[IL]$/i.test(name) && /[./?]/.test(value);
}

/** VHS takes single quotation marks, too. */
export function withoutSingleQuotes(attribute: Attribute): Attribute {
  const inside = attribute.quoted ? undefined : /^'(.*)'$/.exec(attribute.value)?.[1];
  return inside === undefined ? attribute : { ...attribute, value: inside, quoted: true, offset: attribute.offset + 1 };
}

/** Whether a tag's whole value is a URI, as in Low-Latency HLS by the community (`#EXT-X-PREFETCH:next.ts`). */
export function isUriTag(tag: string): boolean {
  return /^#EXT-X-(?:[A-Z-]+-)?(?:PREFETCH|UR[IL])$/.test(tag);
}
