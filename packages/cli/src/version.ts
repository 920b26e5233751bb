import { readFileSync } from 'node:fs';

/** The package's version; the bundle and the unbundled modules both lie one folder below its package.json. */
export function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
