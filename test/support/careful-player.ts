import { readMagnets, stripPlaylist } from '@live-torrent/manifest-magnetizer';
import { createSegmentMagnet } from '@live-torrent/manifest-magnetizer/torrent';
import { waitFor } from '../../harness/poll.mjs';
import { compare, type Place, problemOf, typeProblem, urisOf } from './compare-playlists.js';
import type { Served } from './live-torrent.js';
import { load, type Outcome } from './player-requests.js';
import { EXTRA_RUN } from './scripted-feed.js';
import { type Script, ScriptedUpstream } from './scripted-upstream.js';

export interface WatchOptions {
  readonly path?: string;
  /** The feed that it leads to. Default: that at `path`. */
  readonly feed?: string;
  /** Default 6. */
  readonly steps?: number;
  /** Headers of the player's requests. */
  readonly headers?: Record<string, string>;
  /** How often a segment may be read. Default 1. */
  readonly reads?: number;
  /** Until annotated playlists follow, ms, where nobody's requests make them. Default 0. */
  readonly settles?: number;
}

/** What a viewer saw who watched a script through live-torrent, beside one who had it directly. */
export interface Watched {
  /** What differed that may not. */
  readonly faults: readonly string[];
  /** Of the segments that the last playlist names: how many have a magnet. */
  readonly magnets: number;
  readonly listed: number;
  /** Segments that the viewer had. */
  readonly delivered: number;
}

/**
 * Watches a feed for some steps, as a player that reloads, and loads each segment once, does: the script once directly, once through
 * live-torrent. Every playlist, its magnets and every segment are compared.
 */
export async function watch(script: Script, served: Served, options: WatchOptions = {}): Promise<Watched> {
  const { path = '/live.m3u8', feed = path, steps = 6, headers = {}, settles = 0, reads = 1 } = options;
  const direct = await ScriptedUpstream.start(script);
  const player = new Player(direct, served, path, feed, headers);
  try {
    for (let step = 0; step < steps; step++) {
      if (step > 0) {
        direct.step++;
        await served.advance();
      }
      await player.reload(settles);
    }
    await player.settle();
    return player.result(reads);
  } finally {
    await direct.close();
  }
}

class Player {
  readonly #faults = new Set<string>();
  /** By segment, what the direct player has. */
  readonly #had = new Map<string, Uint8Array>();
  /** Segments of which the upstream has given something else than their bytes. */
  readonly #spoilt = new Set<string>();
  readonly #cached = new Map<string, Uint8Array>();
  /** Where each segment that is listed now was found before. */
  #names = new Map<string, string>();
  #text = '';

  constructor(
    readonly direct: ScriptedUpstream,
    readonly served: Served,
    readonly path: string,
    readonly feed: string,
    readonly headers: Record<string, string>,
  ) {}

  get #url(): string {
    return this.served.origin + this.served.playlist(this.path);
  }

  #fault(text: string): void {
    this.#faults.add(`step ${this.direct.step}: ${text}`);
  }

  /** @param settles until the playlist is the direct one's, ms */
  async reload(settles: number): Promise<void> {
    const wanted = await load(this.direct.origin + this.path, this.headers);
    const listed = this.direct.listed(this.feed);
    let got = await load(this.#url, this.headers);
    const early = performance.now() + 1_500;
    while (this.served.reloads(this.feed) < 2 && performance.now() < early) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      got = await load(this.#url, this.headers);
    }
    got = await load(this.#url, this.headers);
    const late = performance.now() + settles;
    const isRight = (): boolean =>
      problemOf(wanted, got) === undefined && this.#wrongMagnets(got.text, listed).length === 0;
    while (performance.now() < late && !isRight()) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      got = await load(this.#url, this.headers);
    }
    const problem = problemOf(wanted, got);
    if (problem !== undefined) return this.#fault(problem);
    this.#text = got.text;
    const places = compare(wanted.text, got.text);
    if (typeof places !== 'string') await this.#play(places, listed, wanted.url, got.url);
    for (const wrong of this.#wrongMagnets(got.text, listed)) this.#fault(`${wrong}: magnet of other bytes`);
  }

  /** Segments with a magnet of other bytes than they have. */
  #wrongMagnets(text: string, listed: readonly string[]): string[] {
    const uris = urisOf(stripPlaylist(text));
    let at = -1;
    return readMagnets(text, this.#url).flatMap(({ uri, infoHash }) => {
      at = uris.indexOf(uri ?? '', at + 1);
      const name = listed[at] ?? '';
      const truth = this.#spoilt.has(name) ? this.#had.get(name) : this.direct.bytes(name);
      return truth && createSegmentMagnet(truth).infoHash === infoHash ? [] : [name];
    });
  }

  async #play(places: readonly Place[], listed: readonly string[], directBase: string, base: string): Promise<void> {
    const names = new Map<string, string>();
    const lines = places.filter(({ line }) => line);
    for (const [i, { uris, range }] of lines.entries()) {
      const [direct, through] = uris;
      const name = listed[i] ?? direct;
      const url = new URL(through, base);
      const found = /^\/s\//.test(url.pathname) ? url.pathname : 'directly';
      const before = this.#names.get(name);
      if (before !== undefined && before !== found) this.#fault(`${name}: at ${found}, which was ${before}`);
      names.set(name, found);
      if (this.#had.has(name)) continue;
      const headers = range === undefined ? this.headers : { ...this.headers, Range: range };
      const wanted = await load(new URL(direct, directBase).href, headers);
      const got = await load(url.href, headers);
      const problem =
        this.#outcome(name, wanted, got, range !== undefined) ?? this.#cacheProblem(url.href, wanted, got);
      if (problem !== undefined) this.#fault(`${name}: ${problem}`);
    }
    this.#names = names;
  }

  /** What a browser would have in its cache under this URL, other than by the upstream's own word. */
  #cacheProblem(url: string, wanted: Outcome, got: Outcome): string | undefined {
    const before = this.#cached.get(url);
    if (got.cached && !wanted.cached) this.#cached.set(url, got.bytes);
    return before && Buffer.compare(before, got.bytes) !== 0 ? 'other bytes in caches' : undefined;
  }

  #outcome(name: string, wanted: Outcome, got: Outcome, ranged: boolean): string | undefined {
    const whole = this.direct.bytes(name);
    const right = wanted.status === (ranged ? 206 : 200);
    if (!right || Buffer.compare(wanted.bytes, whole) !== 0) this.#spoilt.add(name);
    if (wanted.status === 0) {
      // A gateway says in its own words that its upstream's answer broke off, or it has read it anew.
      const partial = got.status > 0 && got.status < 500 && Buffer.compare(got.bytes, whole) !== 0;
      return partial ? 'a part as the whole' : undefined;
    }
    // An answer that is no success may have gone to who read it before.
    if (wanted.status >= 500 && got.status === 200 && Buffer.compare(got.bytes, whole) === 0) return undefined;
    // A magnet names what each client takes for the segment: the answer to a range has to be that range.
    if (right && !(ranged && this.#spoilt.has(name))) this.#had.set(name, wanted.bytes);
    if (wanted.status !== got.status) return `${got.status} instead of ${wanted.status}`;
    return Buffer.compare(wanted.bytes, got.bytes) === 0 ? typeProblem(wanted, got) : 'other bytes';
  }

  /** Reloads until all segments have magnets, for a second. */
  async settle(): Promise<void> {
    await waitFor(
      'magnets',
      async () => {
        this.#text = (await load(this.#url, this.headers)).text;
        return readMagnets(this.#text, this.#url).length === urisOf(stripPlaylist(this.#text)).length;
      },
      { timeout: 1_000, interval: 20 },
    ).catch(() => undefined);
  }

  /** @param reads how often a segment may be read */
  result(reads: number): Watched {
    const { upstream } = this.served;
    for (const [name, [players, others]] of upstream.reads()) {
      // What came wrong is asked for again, as often as the playlist is; what stands in two encoders' playlists, for each.
      const { restart } = this.direct.script.feeds?.[this.feed] ?? {};
      const shared = restart !== undefined && name.startsWith(`${EXTRA_RUN}/`) ? 1 : 0;
      const allowed = reads + shared + (this.#spoilt.has(name) ? this.direct.step + 1 : 0);
      if (players > allowed || others > allowed) {
        this.#faults.add(`${name}: read ${players} times by players and ${others} times beside`);
      }
    }
    return {
      faults: [...this.#faults],
      magnets: readMagnets(this.#text, this.#url).length,
      listed: urisOf(stripPlaylist(this.#text)).length,
      delivered: this.#had.size,
    };
  }
}
