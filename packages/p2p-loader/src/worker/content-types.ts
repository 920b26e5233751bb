/** File name extensions remembered; a stream has one or two. */
const LIMIT = 32;

/**
 * The Content-Types that origins told, by host and file name extension: for segments of which every byte came from viewers,
 * and for headers that go out before the segment is complete.
 */
export class ContentTypes {
  readonly #types = new Map<string, string>();

  learn(url: string, contentType: string | undefined): void {
    if (contentType === undefined) return;
    this.#types.set(keyOf(url), contentType);
    if (this.#types.size > LIMIT) this.#types.delete(this.#types.keys().next().value as string);
  }

  of(url: string): string | undefined {
    return this.#types.get(keyOf(url));
  }
}

function keyOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host} ${/\.\w+$/.exec(pathname)?.[0] ?? ''}`;
}
