import type { LoaderEnvironment, P2PLoaderOptions } from '../options.js';
import type { NamedStream } from '../playlists/playlist-catalog.js';
import { type MeshAccess, meshAccess } from './access.js';
import { replaceDelay } from './announcer.js';
import { type MeshIds, meshIds } from './groups.js';

/** A mesh that can be joined. */
export interface MeshInvitation extends MeshIds {
  readonly access: MeshAccess;
  /** Gives the access anew, where a function of the site does. */
  readonly renew: (() => MeshAccess | Promise<MeshAccess>) | undefined;
}

/** Finds out how the mesh of a stream is reached: at once, unless a function of the site has to be asked. */
export class Joining {
  #stream: string | undefined;
  #failures = 0;
  #notBefore = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly options: P2PLoaderOptions,
    private readonly environment: LoaderEnvironment,
    private readonly onInvitation: (invitation: MeshInvitation) => void,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Begins, unless it has for that stream, or the site's function failed a moment ago. */
  begin(named: NamedStream): void {
    const stream = this.options.stream ?? named.stream;
    const now = this.environment.now();
    if (this.#stream === stream || now < this.#notBefore) return;
    this.#stream = stream;
    const { get, renews } = meshAccess(this.options, named);
    const fail = (error: unknown): void => {
      this.#notBefore = now + replaceDelay(this.#failures++, this.environment.random());
      if (this.#stream === stream) this.#stream = undefined;
      this.onFailure(error);
    };
    const invite = (access: MeshAccess, ids: MeshIds = { stream, group: undefined }): void => {
      if (this.#stream === stream) this.onInvitation({ ...ids, access, renew: renews ? get : undefined });
      this.#failures = 0;
    };
    try {
      const access = get();
      const ids = this.options.group === undefined ? undefined : meshIds(stream, this.options);
      if (ids || access instanceof Promise)
        Promise.all([access, ids])
          .then((given) => invite(...given))
          .catch(fail);
      else invite(access);
    } catch (error) {
      fail(error);
    }
  }

  /** What is being asked is not wanted any more; the next `begin` asks anew. */
  cancel(): void {
    this.#stream = undefined;
  }
}
