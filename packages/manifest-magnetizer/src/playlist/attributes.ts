/** One attribute of an attribute list (RFC 8216 §4.2). */
export interface Attribute {
  readonly name: string;
  /** The value, without the quotes of a quoted-string. */
  readonly value: string;
  readonly quoted: boolean;
  /** Offset of the value's first character in the list, quotes excluded. */
  readonly offset: number;
}

/** Reads an attribute list in linear time. What is no attribute ends the list; it never throws. */
export function parseAttributes(list: string): Attribute[] {
  const attributes: Attribute[] = [];
  let at = 0;
  while (at < list.length) {
    const equals = list.indexOf('=', at);
    if (equals < 0) break;
    const name = list.slice(at, equals).trim();
    const quoted = list[equals + 1] === '"';
    const offset = equals + (quoted ? 2 : 1);
    let end = list.indexOf(quoted ? '"' : ',', offset);
    if (end < 0) {
      if (quoted) break;
      end = list.length;
    }
    attributes.push({ name, value: quoted ? list.slice(offset, end) : list.slice(offset, end).trim(), quoted, offset });
    const comma = list.indexOf(',', end);
    if (comma < 0) break;
    at = comma + 1;
  }
  return attributes;
}

/** The value of the first attribute of that name. */
export function attribute(attributes: readonly Attribute[], name: string): string | undefined {
  return attributes.find((one) => one.name === name)?.value;
}
