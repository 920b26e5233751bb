import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSegments } from '@live-torrent/manifest-magnetizer';
import { createServer } from '../../src/create-server.js';
import { parseOptions } from '../../src/options.js';
import type { LiveTorrentServer } from '../../src/server.js';

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));

/** A folder that a server of its own plays. */
export class PlayedFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'live-torrent-'));
  readonly warnings: string[] = [];
  readonly infos: string[] = [];
  #server: LiveTorrentServer | undefined;

  async start(...flags: string[]): Promise<void> {
    const options = parseOptions(['-f', this.path, '-p', '0', ...flags]);
    if (typeof options === 'string') throw new Error(options);
    this.#server = await createServer(options, {
      info: (line) => this.infos.push(line),
      warn: (line) => this.warnings.push(line),
      manifest: () => {},
    });
    await this.#server.listen();
  }

  async stop(): Promise<void> {
    await this.#server?.close();
    rmSync(this.path, { recursive: true, force: true });
  }

  /** Copies a fixture as if it had been written `age` seconds ago, and then renamed: it is complete. */
  put(fixture: string, name: string, age = 3600): void {
    mkdirSync(dirname(join(this.path, name)), { recursive: true });
    copyFileSync(join(fixtures, fixture), join(this.path, name));
    this.setAge(name, age);
  }

  write(name: string, content: string | Uint8Array, age = 3600): void {
    writeFileSync(join(this.path, name), content);
    this.setAge(name, age);
  }

  setAge(name: string, age: number): void {
    const time = Date.now() / 1000 - age - 0.1;
    utimesSync(join(this.path, name), time, time);
  }

  /** Copies all of a folder of fixtures. */
  putAll(fixture: string, age = 3600): void {
    for (const name of readdirSync(join(fixtures, fixture))) this.put(`${fixture}/${name}`, name, age);
  }

  get url(): string {
    return this.#server?.url ?? '';
  }

  async get(path: string): Promise<{ status: number; text: string; bytes: Uint8Array }> {
    const response = await fetch(new URL(path, this.url));
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { status: response.status, bytes, text: Buffer.from(bytes).toString() };
  }

  /** The text of a playlist as soon as it is as it should be. */
  async until(path: string, accepts: (names: string[], text: string) => boolean): Promise<string> {
    for (;;) {
      const { status, text } = await this.get(path);
      if (status === 200 && accepts(namesIn(text), text)) return text;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Names of a playlist's segments, without their version. */
export function namesIn(text: string): string[] {
  return readSegments(text).segments.map(({ uri }) => uri.replace(/^segments\//, '').replace(/\?.*/, ''));
}
