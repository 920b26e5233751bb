/** A line as players read it: without the blanks around it. */
export interface WrittenLine {
  /** What it says; empty where it is blank. */
  readonly content: string;
  /** With `#`; empty where the line is none. */
  readonly tag: string;
  /** Length of the tag and the colon after it. */
  readonly value: number;
}

/** Reads the text of one line, as a reader means it. */
export function readLine(line: string): WrittenLine {
  const content = line.trim();
  const [{ length }, tag = ''] = /^(#EXT[\w-]*)[ \t]*:?/.exec(content) ?? [''];
  return { content, tag, value: length };
}
