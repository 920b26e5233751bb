import type { FileState } from './file-state.js';
import type { FolderSegment } from './folder-segment.js';
import { type Series, type SeriesChoice, seriesChoices } from './series.js';
import { isSequence, kindOf, type SampledSeries } from './side-by-side.js';

export interface FolderState {
  /** Complete files that are no initialization sections. */
  readonly files: readonly FileState[];
  /** How many tracks initialization sections or playlists speak of. */
  readonly expected: number;
  /** Whether somebody may still be writing. */
  readonly written: boolean;
  /** What the packager's playlists tell of the series, if they do. */
  readonly listed: SeriesChoice | undefined;
  /** Reads a file; undefined when it is no segment, or not yet. */
  readonly read: (file: FileState) => Promise<FolderSegment | undefined>;
}

export interface FoundSeries {
  readonly choice: SeriesChoice;
  readonly series: readonly SampledSeries[];
}

/** The series of a folder. Undefined as long as what is there may be the first of several. */
export async function findSeries(state: FolderState): Promise<FoundSeries | undefined> {
  const choices = state.listed === undefined ? seriesChoices(state.files) : [state.listed];
  for (const choice of choices) {
    const series: SampledSeries[] = [];
    for (const each of choice.series) series.push(await sampled(each, state.read));
    if (state.listed === undefined && choices.length > 1 && !series.every(isSequence)) continue;
    const found = series.filter(({ samples }) => samples.length > 0);
    if (found.length === 0) return undefined;
    if (state.written && mayBeFirst(found, state, choices.length)) return undefined;
    return { choice, series: found };
  }
  // Names that tell nothing: all of it is one.
  const keyOf = (): string => '';
  const all = await sampled({ key: '', files: state.files }, state.read);
  return all.samples.length === 0 ? undefined : { choice: { keyOf, series: [all] }, series: [all] };
}

/** Whether others may come beside the first file: where it lacks pictures or sound, or its name or the folder speaks of several. */
function mayBeFirst(series: readonly SampledSeries[], { expected, listed }: FolderState, choices: number): boolean {
  const most = Math.max(...series.map(({ samples }) => samples.length));
  if (most > 1) return most < 3 && series.length < expected;
  const [sample] = series[0]?.samples ?? [];
  const whole = sample !== undefined && kindOf(sample) === 'video' && sample.makeup.audio !== undefined;
  return series.length > 1 || !whole || choices > 1 || expected > 1 || listed !== undefined;
}

async function sampled(series: Series, read: FolderState['read']): Promise<SampledSeries> {
  const samples: FolderSegment[] = [];
  const { files } = series;
  for (const file of new Set([files[0], files[1], files.at(-1)])) {
    const segment = file && (await read(file));
    if (segment !== undefined) samples.push(segment);
  }
  return { ...series, samples };
}
