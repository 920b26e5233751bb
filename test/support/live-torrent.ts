import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { httpReader, magnetizer } from '@live-torrent/manifest-magnetizer/node';
import express from 'express';
import { serve } from '../../harness/serve.mjs';
import { type CliRun, runCli } from './run-cli.js';
import { contentsAt, playlistAt } from './scripted-feed.js';
import { type Script, ScriptedUpstream } from './scripted-upstream.js';

/** A script behind live-torrent. */
export interface Served {
  /** Where viewers come to, without a final slash. */
  readonly origin: string;
  /** The path of a playlist for viewers. */
  playlist(path: string): string;
  /** What the playlists and segments come from. */
  readonly upstream: ScriptedUpstream;
  /** Takes the feeds one step further. */
  advance(): Promise<void>;
  /** How often a playlist was read since the last step, or a number that is enough where nobody reads. */
  reloads(path: string): number;
  /** Everything that was printed. */
  output(): string;
  close(): Promise<void>;
}

/** Reads of a playlist since the last step, by whoever stands between. */
class Steps {
  #from = 0;
  constructor(readonly upstream: ScriptedUpstream) {}

  advance(): void {
    this.upstream.step++;
    this.#from = this.upstream.seen.length;
  }

  reloads(path: string): number {
    return this.upstream.seen.slice(this.#from).filter(({ resource, done }) => done && resource === path).length;
  }
}

/** `live-torrent` on a free port. */
export async function startCli(args: readonly string[]): Promise<CliRun & { readonly served: string }> {
  const cli = runCli(args);
  const served = await cli.origin();
  if (served === undefined) throw new Error(`live-torrent ended with ${await cli.stop()}\n${cli.output()}`);
  return { ...cli, served };
}

/** `-u` of the script's playlist at `path`; `login` is `user:password`. */
export async function behindCli(
  script: Script,
  path: string,
  { flags = ['-r', '0.02', '-v'], login }: { readonly flags?: readonly string[]; readonly login?: string } = {},
): Promise<Served> {
  const upstream = await ScriptedUpstream.start(script);
  const steps = new Steps(upstream);
  try {
    const origin = login === undefined ? upstream.origin : upstream.origin.replace('//', `//${login}@`);
    const cli = await startCli(['-u', `${origin}${path}`, '-p', '0', '--allow-host', '127.0.0.1', ...flags]);
    return {
      origin: cli.served,
      upstream,
      playlist: () => '/manifest.m3u8',
      advance: async () => steps.advance(),
      reloads: (asked) => steps.reloads(asked),
      output: cli.output,
      close: async () => {
        await cli.stop();
        await upstream.close();
      },
    };
  } catch (error) {
    await upstream.close();
    throw error;
  }
}

/** The middleware before the script itself, whose segments it reads over HTTP; `page` is a folder that is served beside. */
export async function behindExpress(script: Script, page?: string): Promise<Served> {
  const upstream = new ScriptedUpstream(script);
  const steps = new Steps(upstream);
  const reader = httpReader({ allowHosts: ['127.0.0.1'], retries: 0 });
  let output = '';
  const layer = magnetizer({
    ...reader,
    timeBudget: 1_000,
    onError: (error) => {
      output += `${error}\n`;
    },
  });
  const app = express();
  if (page !== undefined) app.use(express.static(page));
  app.use(layer, (req, res) => void upstream.answer(req, res));
  const served = await serve(app as RequestListener);
  return {
    origin: new URL(served.url).origin,
    upstream,
    playlist: (path) => path,
    advance: async () => steps.advance(),
    // The viewer's own request asks the handler.
    reloads: () => Number.POSITIVE_INFINITY,
    output: () => output,
    close: async () => {
      await upstream.close();
      layer.magnetizer.close();
      await reader.close();
      await served.close();
    },
  };
}

/** Writes what a feed has at this step, as an encoder does: segments first. */
async function writeStep(folder: string, upstream: ScriptedUpstream, path: string): Promise<void> {
  const feed = upstream.script.feeds?.[path] ?? {};
  const { step } = upstream;
  const text = playlistAt(feed, step, step, '', () => ({ offset: 0, length: 0 }));
  const uris = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  for (const [i, { run, n }] of contentsAt(feed, step, step).entries()) {
    const [bytes, file] = [upstream.bytes(`${run}/${n}`), join(folder, uris[i] ?? '')];
    await writeIfNew(file, bytes, `${run}/${n}`);
  }
  await writeFile(join(folder, path), text);
}

/** By file, what was written last. */
const written = new Map<string, string>();
async function writeIfNew(file: string, bytes: Uint8Array, content: string): Promise<void> {
  if (written.get(file) === content) return;
  written.set(file, content);
  await writeFile(file, bytes);
}

/** A folder with the feed at `path`, into which an encoder writes; with the middleware before it, or annotated by `magnetize --watch`. */
export async function behindFolder(script: Script, path: string, by: 'middleware' | 'magnetize'): Promise<Served> {
  const upstream = new ScriptedUpstream(script);
  const [folder, out] = await Promise.all([mkdtemp(join(tmpdir(), 'lt-feed-')), mkdtemp(join(tmpdir(), 'lt-out-'))]);
  await writeStep(folder, upstream, path);
  const layer = magnetizer({ folder, timeBudget: 1_000 });
  const watching = by === 'magnetize' ? runCli(['magnetize', folder, '--out', out, '--watch']) : undefined;
  const app =
    by === 'magnetize'
      ? express().use(express.static(out), express.static(folder))
      : express().use(layer, express.static(folder));
  const served = await serve(app as RequestListener);
  return {
    origin: new URL(served.url).origin,
    upstream,
    playlist: (asked) => asked,
    advance: async () => {
      upstream.step++;
      await writeStep(folder, upstream, path);
    },
    reloads: () => Number.POSITIVE_INFINITY,
    output: () => watching?.output() ?? '',
    close: async () => {
      await watching?.stop();
      layer.magnetizer.close();
      await served.close();
      await Promise.all([folder, out].map((each) => rm(each, { recursive: true })));
    },
  };
}
