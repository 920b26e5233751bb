import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Ways in which one playlist may come, as bytes: one character each. */
const LAYOUTS: Record<string, (text: string) => string> = {
  LF: (text) => text.replace(/\r\n/g, '\n'),
  CRLF: (text) => text.replace(/\r?\n/g, '\r\n'),
  BOM: (text) => `\u00ef\u00bb\u00bf${text}`,
  'no final newline': (text) => text.replace(/[\r\n]+$/, ''),
};

/** The playlists that are checked in. */
export const FIXTURES = join(import.meta.dirname, 'fixtures');

/** Calls back for each playlist of a folder, in four layouts; returns what it complains of, and how many playlists and variants there were. */
export function checkCorpus(
  folder: string,
  problems: (source: Uint8Array) => Iterable<string>,
): { files: number; variants: number; found: string[] } {
  const found: string[] = [];
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /\.m3u8?$/.test(file));
  for (const file of files) {
    const text = readFileSync(join(folder, file)).toString('latin1');
    for (const [layout, layOut] of Object.entries(LAYOUTS)) {
      for (const problem of problems(Buffer.from(layOut(text), 'latin1'))) found.push(`${file}, ${layout}: ${problem}`);
    }
  }
  return { files: files.length, variants: files.length * Object.keys(LAYOUTS).length, found };
}
