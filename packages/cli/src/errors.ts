/** The command line is wrong. The message names the flag; exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The work cannot be done. The message names the file, the URL or the port; exit code 1. */
export class Failure extends Error {
  override readonly name = 'Failure';
  /** Lines that follow the message: what to do about it. */
  readonly more: readonly string[];
  constructor(message: string, { more = [], ...options }: ErrorOptions & { readonly more?: readonly string[] } = {}) {
    super(message, options);
    this.more = more;
  }
}

/** A system error's code such as `ENOENT`, undefined for anything else. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  return typeof code === 'string' ? code : errorCode(cause);
}

/** What an error says, in one line. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || errorCode(error) || error.name;
}
