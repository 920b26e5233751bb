/** One attribute of an attribute list (RFC 8216 §4.2). */
export interface Attribute {
  readonly name: string;
  /** The value, without the quotes of a quoted-string. */
  readonly value: string;
  readonly quoted: boolean;
  /** Offset of the value's first character in the list, quotes excluded. */
  readonly offset: number;
}

/**
 * Reads an attribute list in linear time, as leniently as any player: blanks around names and values, values that lack their quotes,
 * and words that are no attribute. It never throws.
 */
export function parseAttributes(list: string): Attribute[] {
  const attributes: Attribute[] = [];
  let at = 0;
  while (at < list.length) {
    const equals = list.indexOf('=', at);
    if (equals < 0) break;
    const name = lastWord(list, at, equals);
    let offset = equals + 1;
    while (isBlank(list[offset])) offset++;
    const closing = list[offset] === '"' ? list.indexOf('"', offset + 1) : -1;
    const quoted = closing >= 0;
    if (quoted) offset++;
    let next = quoted ? closing : list.indexOf(',', offset);
    if (next < 0) next = list.length;
    let end = next;
    while (!quoted && end > offset && isBlank(list[end - 1])) end--;
    attributes.push({ name, value: list.slice(offset, end), quoted, offset });
    at = next + 1;
  }
  return attributes;
}

/** The value of the first attribute of that name. */
export function attribute(attributes: readonly Attribute[], name: string): string | undefined {
  return attributes.find((one) => one.name === name)?.value;
}

/** The last word before `end`: what stands between a comma or blank and the equals sign. */
function lastWord(list: string, from: number, before: number): string {
  let end = before;
  while (end > from && isBlank(list[end - 1])) end--;
  let start = end;
  while (start > from && list[start - 1] !== ',' && !isBlank(list[start - 1])) start--;
  return list.slice(start, end);
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}
