/** A playlist does not follow RFC 8216. The magnetizer passes such a playlist, or that part of it, through unchanged. */
export class PlaylistSyntaxError extends Error {
  override readonly name: string = 'PlaylistSyntaxError';
  /** Number of the offending line, from 1. */
  readonly line: number;
  /** The offending line, at most 200 characters of it. */
  readonly text: string;

  constructor(reason: string, line: number, text: string) {
    const shown = text.slice(0, 200);
    super(`line ${line}: ${reason}: ${JSON.stringify(shown)}`);
    this.line = line;
    this.text = shown;
  }
}

/** A playlist is longer than the magnetizer takes: it passes through without magnets. It plays; its viewers do not carry it for each other. */
export class PlaylistLimitError extends PlaylistSyntaxError {
  override readonly name = 'PlaylistLimitError';
}
