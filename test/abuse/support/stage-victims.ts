import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readMagnets } from '@live-torrent/manifest-magnetizer';
import { createInfo } from '@live-torrent/manifest-magnetizer/info';
import type { KnownSegment, Victims } from './hostile-viewer.js';
import type { Stage } from './stage.js';

/** How often the playlist is looked at, ms. */
const LOOK_EVERY = 250;

/** The viewers of a stage, as one who attacks them sees them: what the playlist lists, and their tracker. */
export class StageVictims implements Victims {
  readonly #known = new Map<string, KnownSegment>();
  #listed: readonly KnownSegment[] = [];
  #visitors = 0;
  #timer: NodeJS.Timeout | undefined;

  private constructor(private readonly stage: Stage) {}

  static async start(stage: Stage): Promise<StageVictims> {
    const victims = new StageVictims(stage);
    await victims.#look();
    victims.#timer = setInterval(() => void victims.#look().catch(() => undefined), LOOK_EVERY);
    return victims;
  }

  get stream(): string {
    return this.stage.streamId;
  }

  get listed(): readonly KnownSegment[] {
    return this.#listed;
  }

  get all(): readonly KnownSegment[] {
    return [...this.#known.values()];
  }

  announce(): string {
    this.#visitors += 1;
    return `${this.stage.trackers[0].url}?${this.#visitors}`;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const url = new URL('manifest.m3u8', this.stage.cli.url);
    const magnets = readMagnets(await (await fetch(url)).text(), url.href);
    for (const { infoHash, uri } of magnets) {
      if (this.#known.has(infoHash)) continue;
      const bytes = readFileSync(join(this.stage.folder, basename(new URL(uri, url).pathname)));
      this.#known.set(infoHash, { infoHash, bytes, info: (await createInfo(bytes)).info });
    }
    this.#listed = magnets.flatMap(({ infoHash }) => this.#known.get(infoHash) ?? []);
  }
}
