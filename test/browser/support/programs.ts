import { PROGRAMS } from '../../../scripts/prepare/programs.mjs';

/** What a test needs that is not everywhere. */
export type Program = keyof typeof PROGRAMS;

const found = new Map<Program, boolean>();

function has(program: Program): boolean {
  const known = found.get(program) ?? PROGRAMS[program].found();
  found.set(program, known);
  return known;
}

/** `describe`, or `describe.skip` with a line that says what is missing. */
export function describeWith(...programs: Program[]): typeof describe | typeof describe.skip {
  const missing = programs.filter((program) => !has(program));
  for (const name of missing) console.warn(`skipped: there is no ${name} (npm run test:matrix says how to get it)`);
  return missing.length === 0 ? describe : describe.skip;
}
