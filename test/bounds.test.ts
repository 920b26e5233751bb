import { readFileSync } from 'node:fs';

/** Rows of ARCHITECTURE.md's table of bounds: `value` and where its constant stands. */
const rows = [
  ...readFileSync('ARCHITECTURE.md', 'utf8').matchAll(/^\| ([^|]+) \| ([^|]+) \| `([^`]+)` `([A-Z_]+)` \|$/gm),
];

it('ARCHITECTURE.md has a table of bounds', () => {
  expect(rows.length).toBeGreaterThan(30);
});

it.each(rows.map(([, bound, value, file, constant]) => [bound, value, file, constant] as const))(
  'the bound "%s" is %s in %s',
  (_bound, value = '', file, constant) => {
    const source = readFileSync(`packages/${file}`, 'utf8');
    const [, written] = new RegExp(`^(?:export )?const ${constant} = ([^;]+);`, 'm').exec(source) ?? [];
    expect(written).toBeDefined();
    expect(value.startsWith(`${written}`)).toBe(true);
  },
);
