import type { UploadGate } from '../manners/upload-gate.js';
import type { Mesh } from '../mesh/mesh.js';
import { offersBytes } from '../mesh/offers-bytes.js';
import type { LoaderEnvironment } from '../options.js';
import type { SchedulerEnvironment } from './environment.js';

/** What a schedule sees of the mesh that it runs on; others are not invited while nothing may be given. */
export function meshEnvironment(
  parts: { readonly mesh: Mesh; readonly upload: Pick<UploadGate, 'open' | 'hasRoom'> },
  {
    peerId,
    environment,
    helper,
  }: { readonly peerId: string; readonly environment: LoaderEnvironment; readonly helper: boolean },
): Pick<
  SchedulerEnvironment<never>,
  'peerId' | 'helper' | 'now' | 'random' | 'links' | 'standsIn' | 'broadcast' | 'gives' | 'swarmSize' | 'isAlone'
> {
  return {
    peerId,
    helper,
    now: environment.now,
    random: environment.random,
    links: () => parts.mesh.links,
    standsIn: (link) => parts.mesh.standsIn(link),
    broadcast: (message, to) => {
      if (parts.upload.open || !offersBytes(message, peerId)) parts.mesh.broadcast(message, to);
    },
    gives: () => parts.upload.hasRoom,
    swarmSize: () => parts.mesh.swarmSize,
    isAlone: () => parts.mesh.isAlone,
  };
}
