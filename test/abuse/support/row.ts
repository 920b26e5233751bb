import type { Stage, StageOptions } from './stage.js';

/** What a fault or attack may cost at most. */
export interface Allowed {
  /** Time that the worst viewer stood still beyond the plain player's, s. */
  readonly stall: number;
  /** How often the origins sent each segment that the viewers got meanwhile. */
  readonly copies: number;
  /** Segments with other bytes than the feed's that the players got, over those that the plain one got. */
  readonly wrong: number;
  /** Time after it until all viewers are linked, play, and exchange bytes, s. */
  readonly whole: number;
}

/** What a row has to say. */
export interface Played {
  /** Further figures for the table. */
  readonly seen: string;
  /** Promises of its own that were broken. */
  readonly broken: readonly string[];
}

/** One fault or attack: played while people watch, and judged by what they got. */
export interface Row {
  /** In a few words; names the row in docs/reliability.md. */
  readonly fault: string;
  /** What docs/reliability.md says of it, in a few words. */
  readonly promised: string;
  readonly stage?: StageOptions;
  /** Plays it. Resolves when it is over, to further figures for the table, and to what it has judged itself. */
  play(stage: Stage): Promise<Played | string | undefined>;
  /** Default: 1 s, 2 copies, no wrong byte, 30 s. */
  readonly allowed?: Partial<Allowed>;
}
