import type { WarningDetail } from '../figures/events.js';
import type { UploadGate } from '../manners/upload-gate.js';
import type { MeshAccess } from '../mesh/access.js';
import type { Link } from '../mesh/link.js';
import type { LoaderEnvironment } from '../options.js';
import type { PlaylistCatalog } from '../playlists/playlist-catalog.js';
import type { Playback } from '../schedule/playback.js';

/** What the loader gives to whatever takes part in a stream's mesh, be it to share or to measure. */
export interface StreamOptions {
  readonly peerId: string;
  readonly stream: string;
  /** The id of this viewer's group, whose swarm is beside the stream's. */
  readonly group: string | undefined;
  readonly access: MeshAccess;
  /** Asked for it anew before each further announce client. */
  readonly renew: (() => MeshAccess | Promise<MeshAccess>) | undefined;
  readonly relayOnly: boolean;
  readonly localNetwork: 'ask' | 'never' | undefined;
  /** This viewer is a helper. */
  readonly helper: boolean;
  readonly environment: LoaderEnvironment;
  readonly catalog: PlaylistCatalog;
  readonly playback: Playback;
  readonly upload: UploadGate;
  onLink(link: Link, state: 'open' | 'closed'): void;
  onWarning(detail: WarningDetail): void;
  /** The browser makes no connections. */
  onUnable(): void;
}
