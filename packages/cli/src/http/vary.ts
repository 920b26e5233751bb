import type { ServerResponse } from 'node:http';

/** Adds header names to Vary (RFC 9110 §12.5.5), each once. @param names As in the header's value; undefined: none. */
export function addVary(res: ServerResponse, names: string | undefined): void {
  if (names === undefined) return;
  const known = String(res.getHeader('Vary') ?? '');
  const all = [...known.split(','), ...names.split(',')].map((name) => name.trim()).filter((name) => name !== '');
  const unique = all.filter((name, i) => all.findIndex((other) => other.toLowerCase() === name.toLowerCase()) === i);
  res.setHeader('Vary', unique.includes('*') ? '*' : unique.join(', '));
}
