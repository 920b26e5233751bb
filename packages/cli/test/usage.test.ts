import { readFileSync } from 'node:fs';
import { ESTIMATE_USAGE, HELP_USAGE, MAGNETIZE_USAGE, TRACKER_USAGE, USAGE } from '../src/usage.js';

/** Without the command lines of ffmpeg. */
const read = (path: string): string =>
  readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8').replace(/^ {4}ffmpeg .*$/gm, '');
/** Other spellings of `--site`. */
const ALIASES = ['no-s', 'no-site'];

/** The flags that a text names, without their hyphens: `port`, `p`. */
function flagsIn(text: string): string[] {
  const flags = [...text.matchAll(/(?<![\w-])-(?:-([a-z][a-z-]*)|([a-z])(?![\w-]))/g)].map(
    ([, long, short]) => long ?? short ?? '',
  );
  return [...new Set(flags)].filter((flag) => !ALIASES.includes(flag)).sort();
}

/** The flags that a parser is told of. */
function flagsOf(source: string): string[] {
  const flags = read(source).matchAll(/^ {2}'?([a-z-]+)'?: \{ type: '[a-z]+'(?:, short: '([a-z])')?/gm);
  return [...flags].flatMap(([, long = '', short]) => (short === undefined ? [long] : [long, short])).sort();
}

const isLong = (flag: string): boolean => flag.length > 1;

describe('--help', () => {
  it('names every flag, and no other', () => {
    const text = USAGE.replace(/ {2}live-torrent (?:magnetize|estimate|help|tracker) .*\n/g, '');
    expect(flagsIn(text)).toEqual(flagsOf('packages/cli/src/options.ts'));
    expect(flagsIn(MAGNETIZE_USAGE)).toEqual(flagsOf('packages/cli/src/magnetize/magnetize-options.ts'));
    expect(flagsIn(ESTIMATE_USAGE)).toEqual(flagsOf('packages/cli/src/estimate/estimate-options.ts'));
    expect(flagsIn(TRACKER_USAGE)).toEqual(flagsOf('packages/cli/src/tracker/tracker-options.ts'));
    const help = HELP_USAGE.replaceAll('--tracker-secret', '');
    expect(flagsIn(help)).toEqual(flagsOf('packages/cli/src/help/help-options.ts'));
  });
});

describe('the flags of --help', () => {
  const flags = flagsIn(USAGE + MAGNETIZE_USAGE + ESTIMATE_USAGE + HELP_USAGE + TRACKER_USAGE);

  it.each(['docs/cli.md', 'packages/cli/README.md'])('are all in %s, which names no others', (path) => {
    expect(flagsIn(read(path)).filter(isLong)).toEqual(flags.filter(isLong));
  });

  it('are in the README with their short forms', () => {
    expect(flagsIn(read('packages/cli/README.md'))).toEqual(flags);
  });
});
