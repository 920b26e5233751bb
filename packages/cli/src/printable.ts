/**
 * What would do something else on a terminal than be seen there: controls (C0, DEL, C1), which begin escape sequences and end lines; line and
 * paragraph separators; marks, embeddings and isolates that turn the direction of what follows (Unicode TR #36 §2.10); what has no width.
 */
const ACTIVE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is meant
  /[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/**
 * A text as one line that only shows: file names, headers and texts of an upstream may have been written by anybody. Each such character is
 * written as it is in JavaScript, `\x1b` or `\u202e`.
 */
export function printable(text: string): string {
  return text.replace(ACTIVE, (character) => {
    const code = character.charCodeAt(0);
    if (character === '\n') return '\\n';
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** For shells of POSIX: what people copy is one argument, whatever is in it. */
export function shellQuoted(argument: string): string {
  return /^[\w./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
