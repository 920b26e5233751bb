import type { TreeProgress } from '@live-torrent/manifest-magnetizer/node';

/** Shortest time between two drawings of the bar, ms. */
const DRAW_EVERY = 100;
/** Where no bar can be drawn, a line for each of so many parts of the work. */
const LINES = 10;
const BAR_WIDTH = 30;

export interface ProgressOutput {
  /** Draws a line over the one before; undefined where no terminal shows it. */
  readonly status: ((line: string) => void) | undefined;
  readonly line: (line: string) => void;
  /** Steady clock, ms. */
  readonly clock: () => number;
}

/** Shows how far the work has come: a bar on a terminal, ten lines elsewhere. */
export function progressTo({ status, line, clock }: ProgressOutput): (progress: TreeProgress) => void {
  let drawn = Number.NEGATIVE_INFINITY;
  let told = 0;
  return (progress) => {
    const done = fractionOf(progress);
    if (status !== undefined) {
      if (done < 1 && clock() - drawn < DRAW_EVERY) return;
      drawn = clock();
      status(barOf(progress));
      return;
    }
    const part = Math.floor(done * LINES);
    if (part === told) return;
    told = part;
    line(`${percent(done)} ${counts(progress)}`);
  };
}

/** One line with a bar and the counts. */
export function barOf(progress: TreeProgress): string {
  const done = fractionOf(progress);
  const filled = Math.floor(done * BAR_WIDTH);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${percent(done)} ${counts(progress)}`;
}

/** By segments, whose reading is the work; complete only with the last playlist. */
function fractionOf({ segments, ofSegments, playlists, ofPlaylists }: TreeProgress): number {
  if (playlists === ofPlaylists) return 1;
  // A segment that several playlists name is read once, and a failed one may be read again.
  return Math.min((segments + playlists) / (ofSegments + ofPlaylists), 0.999);
}

function percent(fraction: number): string {
  return `${String(Math.floor(fraction * 100)).padStart(3)} %`;
}

function counts({ segments, ofSegments, playlists, ofPlaylists }: TreeProgress): string {
  return `${segments} of ${ofSegments} segments, ${playlists} of ${ofPlaylists} playlists`;
}
