/** How long playback may wait for the worker's control of this page, and for the loader's start, ms. */
const WORKER_WAIT = 1_000;
const START_WAIT = 1_500;

/** Where the server takes reports, and how often, s. */
const REPORT = { url: '/report', interval: 15 };

/** The page's service workers; undefined where it may have none. */
function container() {
  try {
    return navigator.serviceWorker;
  } catch {
    // Sandboxed frames throw at reading it.
    return undefined;
  }
}

/** Whether a service worker of an earlier visit controls this page. */
export function workerIsThere() {
  return (container()?.controller ?? null) !== null;
}

/** Sees to it that the next visit has a service worker, the newest. */
export async function installWorker() {
  try {
    return await container()?.register('/sw.js', { scope: '/' });
  } catch (error) {
    console.warn('live-torrent: no service worker:', error);
    return undefined;
  }
}

/** Resolves to true when a service worker controls this page, to false when none does within `WORKER_WAIT`. */
export async function workerControls() {
  const controlled = new Promise((resolve) => {
    container()?.addEventListener('controllerchange', () => resolve(true), { once: true });
    setTimeout(() => resolve(false), WORKER_WAIT);
  });
  const registration = await installWorker();
  if (workerIsThere()) return true;
  // Nothing to come: after a hard reload the page stays without control, though the worker is active.
  const { active, installing, waiting } = registration ?? {};
  if (!registration || (active?.state === 'activated' && !installing && !waiting)) return false;
  return await controlled;
}

/** What this server's pages are told; asked once, and again where that failed. */
let config;

function readConfig() {
  config ??= readJson('/config.json').catch((error) => {
    config = undefined;
    throw error;
  });
  return config;
}

async function readJson(path, init) {
  const response = await fetch(path, init);
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
  return await response.json();
}

/** The trackers. Where each viewer needs a token of its own, they are asked anew for each connection, since tokens expire. */
async function announceList() {
  const { announce, announceList: path } = await readConfig();
  return path ? (await readJson(path, { cache: 'no-store' })).announce : announce;
}

/**
 * The loader, or why there is none. Playback needs neither. It waits for nothing: what the server says is read when a mesh is joined.
 *
 * @param {object} settings
 * @param {{ createP2PLoader: Function } | undefined} settings.library undefined: it could not be loaded
 * @param {boolean} settings.worker whether segments go through the service worker
 */
export function createLoader({ library, worker }) {
  if (library === undefined) return { loader: undefined, failure: 'its code could not be loaded' };
  const loader = library.createP2PLoader({
    announce: announceList,
    iceServers: async () => (await readConfig()).iceServers,
    report: REPORT,
    serviceWorker: worker,
  });
  return { loader, failure: undefined };
}

/** Starts and stops the loader, one after the other however fast the switch is thrown. */
export class P2PSwitch {
  #loader;
  #work = Promise.resolve();
  #onFailure;

  /** `onFailure` gets the reason when the loader does not start, and undefined when it does. */
  constructor(loader, onFailure) {
    this.#loader = loader;
    this.#onFailure = onFailure;
  }

  /** Resolves when done, after `START_WAIT` at the latest: playback goes on in any case. */
  set(on) {
    this.#work = this.#work.then(async () => {
      try {
        await (on ? this.#loader.start() : this.#loader.stop());
        this.#onFailure(undefined);
      } catch (error) {
        console.warn('live-torrent: no P2P:', error);
        this.#onFailure('it did not start');
      }
    });
    return Promise.race([this.#work, new Promise((resolve) => setTimeout(resolve, START_WAIT))]);
  }
}
