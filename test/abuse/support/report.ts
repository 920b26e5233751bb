import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const RELIABILITY = join(import.meta.dirname, '../../../docs/reliability.md');

/** The names in the first column of a section's table. */
export function faultsIn(text: string, section: string): string[] {
  return tableOf(text, section).rows.map((row) => row.split(' | ')[0]?.replace(/^\| /, '') ?? '');
}

/**
 * The text with this row in the table between the section's markers: in the place of the one with the same first cell, else as the last.
 * @throws Error when the section's markers are not there
 */
export function withRow(text: string, section: string, cells: readonly string[]): string {
  const { before, head, rows, after } = tableOf(text, section);
  const row = `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const at = faultsIn(text, section).indexOf(cells[0] ?? '');
  const all = at < 0 ? [...rows, row] : rows.map((old, i) => (i === at ? row : old));
  return [before, ...head, ...all, after].join('\n');
}

/** Puts a row into docs/reliability.md. */
export function report(section: string, cells: readonly string[]): void {
  writeFileSync(RELIABILITY, withRow(readFileSync(RELIABILITY, 'utf8'), section, cells));
}

function tableOf(text: string, section: string) {
  const [start, end] = [`<!-- abuse:${section}:start -->`, `<!-- abuse:${section}:end -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/reliability.md has no ${start} … ${end}`);
  const lines = text
    .slice(from + start.length, to)
    .split('\n')
    .filter((line) => line !== '');
  return {
    before: text.slice(0, from + start.length),
    head: lines.slice(0, 2),
    rows: lines.slice(2),
    after: text.slice(to),
  };
}
