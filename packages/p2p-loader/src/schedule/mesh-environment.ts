import { offersBytes } from '../manners/offers-bytes.js';
import type { UploadGate } from '../manners/upload-gate.js';
import type { Mesh } from '../mesh/mesh.js';
import type { LoaderEnvironment } from '../options.js';
import type { SchedulerEnvironment } from './environment.js';

/** What a schedule sees of the mesh that it runs on; others are not invited while nothing may be given. */
export function meshEnvironment(
  mesh: Mesh,
  {
    peerId,
    environment,
    upload,
  }: { peerId: string; environment: LoaderEnvironment; upload: Pick<UploadGate, 'open' | 'hasRoom'> },
): Pick<
  SchedulerEnvironment<never>,
  'peerId' | 'now' | 'random' | 'links' | 'broadcast' | 'gives' | 'swarmSize' | 'isAlone'
> {
  return {
    peerId,
    now: environment.now,
    random: environment.random,
    links: () => mesh.links,
    broadcast: (message, to) => {
      if (upload.open || !offersBytes(message, peerId)) mesh.broadcast(message, to);
    },
    gives: () => upload.hasRoom,
    swarmSize: () => mesh.swarmSize,
    isAlone: () => mesh.isAlone,
  };
}
