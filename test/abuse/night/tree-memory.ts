import { readdirSync, readFileSync } from 'node:fs';

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // It has ended.
  }
};

/** Memory of a process and of all that it has started, shared pages divided among those who share them (Pss), MiB; 0 where the system does not tell. */
export function treeMemory(pid: number): number {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    // The name stands in parentheses and may hold blanks and parentheses itself.
    const [, parent] = /\) \S (\d+)/.exec(read(`/proc/${name}/stat`)) ?? [];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const isOf = (one: number | undefined): boolean => one !== undefined && (one === pid || isOf(parents.get(one)));
  const sizes = [...parents.keys()]
    .filter(isOf)
    .map((one) => /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${one}/smaps_rollup`))?.[1]);
  return sizes.reduce((sum, size) => sum + Number(size ?? 0), 0) / 1024;
}
