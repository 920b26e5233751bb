import type { UploadGate } from '../manners/upload-gate.js';
import type { Mesh } from '../mesh/mesh.js';
import { offersBytes } from '../mesh/offers-bytes.js';
import type { LoaderEnvironment } from '../options.js';
import type { SchedulerEnvironment } from './environment.js';

/** What a schedule sees of the mesh that it runs on; others are not invited while nothing may be given. */
export function meshEnvironment(
  parts: { readonly mesh: Mesh; readonly upload: Pick<UploadGate, 'open' | 'hasRoom'> },
  { peerId, environment }: { readonly peerId: string; readonly environment: LoaderEnvironment },
): Pick<
  SchedulerEnvironment<never>,
  'peerId' | 'now' | 'random' | 'links' | 'broadcast' | 'gives' | 'swarmSize' | 'isAlone'
> {
  return {
    peerId,
    now: environment.now,
    random: environment.random,
    links: () => parts.mesh.links,
    broadcast: (message, to) => {
      if (parts.upload.open || !offersBytes(message, peerId)) parts.mesh.broadcast(message, to);
    },
    gives: () => parts.upload.hasRoom,
    swarmSize: () => parts.mesh.swarmSize,
    isAlone: () => parts.mesh.isAlone,
  };
}
