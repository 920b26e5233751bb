/** What is wrong with a playlist. The words for it are elsewhere: those who only read playlists do without. */
export type Reason =
  | 'header'
  | 'duration'
  | 'range'
  | 'skip'
  | 'define'
  | 'value'
  | 'twice'
  | 'variable'
  | 'both'
  | 'length'
  | 'line'
  | 'segments';

export interface Problem {
  readonly reason: Reason;
  /** Index of the offending line. */
  readonly line: number;
}
