import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { bin } from '../../harness/cli.mjs';
import { RunningProgram } from '../../harness/running-program.mjs';
import { freePort } from '../../harness/serve.mjs';
import { root } from './packages.js';
import { Redis } from './redis.js';

const example = join(root, 'examples/compose');
const PROXIED = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

interface Compose {
  readonly services: {
    readonly [name: string]: { readonly command?: readonly string[]; readonly depends_on?: readonly string[] };
  };
}

export const compose = parse(readFileSync(join(example, 'compose.yaml'), 'utf8'), { merge: true }) as Compose;

/** Where the services of examples/compose are on this machine, by what they are called there. */
export type Places = Readonly<Record<string, string>>;

/** The example's nginx.conf for this machine, in a folder of its own. */
export function nginxFor(folder: string, places: Places): string {
  // Workers of a master that is root are nobody, who cannot write here.
  const user = process.getuid?.() === 0 ? 'user root;\n' : '';
  const folders = PROXIED.map((name) => `  ${name}_temp_path ${folder}/${name};\n`).join('');
  const text = inPlace(readFileSync(join(example, 'nginx.conf'), 'utf8'), places).replace(
    'http {\n',
    `http {\n${folders}`,
  );
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, `${user}daemon off;\nworker_processes 1;\npid ${folder}/nginx.pid;\n${text}`);
  return file;
}

/** What is said of services, said of where they are. */
export function inPlace(text: string, places: Places): string {
  return Object.entries(places).reduce((said, [name, place]) => said.replaceAll(name, place), text);
}

/** The services of examples/compose as processes of this machine: two origins of one feed, Redis, and nginx in front. */
export class Fleet {
  readonly #origins = new Map<string, RunningProgram>();
  #nginx: RunningProgram | undefined;

  private constructor(
    /** Where viewers come, with a final slash. */
    readonly url: string,
    readonly redis: Redis,
    private readonly places: Places,
    private readonly folder: string,
  ) {}

  /** @param feed the URL of its playlist */
  static async start(feed: string): Promise<Fleet> {
    const redis = await Redis.start();
    const [a, b, front] = [await freePort(), await freePort(), await freePort()];
    const places = {
      '${PLAYLIST:?the playlist of your feed}': feed,
      '${PUBLIC_URL:-http://localhost:8080}': `http://127.0.0.1:${front}`,
      '${PUBLIC_WS:-ws://localhost:8080}': `ws://127.0.0.1:${front}`,
      'redis:6379': `127.0.0.1:${redis.port}`,
      'origin-a:8008': `127.0.0.1:${a}`,
      'origin-b:8008': `127.0.0.1:${b}`,
      'listen 8080': `listen 127.0.0.1:${front}`,
      '0.0.0.0': '127.0.0.1',
    };
    const folder = mkdtempSync(join(tmpdir(), 'live-torrent-fleet-'));
    const fleet = new Fleet(`http://127.0.0.1:${front}/`, redis, places, folder);
    try {
      await Promise.all(['origin-a', 'origin-b'].map((name) => fleet.begin(name)));
      const config = nginxFor(folder, places);
      fleet.#nginx = new RunningProgram('nginx', ['-p', folder, '-c', config, '-e', 'stderr']);
      await fleet.#nginx.until('nginx', () => fetch(fleet.url).catch(() => undefined));
      return fleet;
    } catch (error) {
      await fleet.close();
      throw error;
    }
  }

  /** Where a service is, without nginx, with a final slash. */
  at(name: string): string {
    return `http://${this.places[`${name}:8008`]}/`;
  }

  async begin(name: string): Promise<void> {
    const command = (compose.services[name]?.command ?? []).map((text) => inPlace(text, this.places));
    const { port } = new URL(this.at(name));
    const origin = new RunningProgram(process.execPath, [bin, ...command, '-p', port]);
    this.#origins.set(name, origin);
    await origin.until(name, (output) => output.includes('stream  '));
  }

  /** Ends it without a word. */
  async kill(name: string): Promise<void> {
    await this.#origins.get(name)?.stop({ signal: 'SIGKILL' });
  }

  /** What an origin has printed since it began. */
  output(name: string): string {
    return this.#origins.get(name)?.output ?? '';
  }

  async close(): Promise<void> {
    await Promise.all([...this.#origins.values(), this.#nginx].map((program) => program?.stop()));
    await this.redis.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
