const NEVER = Number.NEGATIVE_INFINITY;

/** What every viewer knows of the segment that is being simulated. Links are bits: bit 2^slot. Times are ms. @param {number} viewers @param {number} degree */
export function createState(viewers, degree) {
  const words = () => new Int32Array(viewers);
  const times = () => new Float64Array(viewers);
  const flags = () => new Uint8Array(viewers);
  const arrays = {
    /** The segment is known: by a hint, or by the playlist. */
    known: flags(),
    /** Its own playlist names it. */
    listed: flags(),
    listedAt: times(),
    /** When a link told of it, before the own playlist did. */
    hintedAt: times(),
    neededAt: times(),
    /** "X is new" was passed on. */
    hinted: flags(),
    fetching: flags(),
    lastAnnounced: times(),
    relayedAt: times(),
    some: flags(),
    done: flags(),
    doneAt: times(),
    /** When the transfers that run will have brought all, and their rate in segments a ms. */
    expectedAt: times(),
    rate: times(),
    /** Segments that were missing when the rate last changed, 0 to 1. */
    kept: times(),
    timerAt: times(),
    announcedAt: times(),
    firstByteAt: times(),
    lastByteAt: times(),
    wakeAt: words(),
    has: words(),
    receiving: words(),
    fetchingLinks: words(),
    asked: words(),
    /** Links that were hoped for once. */
    hoped: words(),
    /** Streams that may bring the segment here, those that do, and streams that take it away. */
    incoming: words(),
    flowing: words(),
    outgoing: words(),
    /** When the first of all was asked. */
    firstAskedAt: times(),
    /** By link: when it was asked, and until when it has no room. */
    askedAt: new Float64Array(viewers * degree),
    busyUntil: new Float64Array(viewers * degree),
  };
  return {
    ...arrays,
    reset() {
      for (const [name, array] of Object.entries(arrays)) array.fill(startOf(name));
    },
    /** @param {number} viewer */
    resetViewer(viewer) {
      for (const [name, array] of Object.entries(arrays)) {
        if (array.length === viewers) array[viewer] = startOf(name);
        else array.fill(startOf(name), viewer * degree, (viewer + 1) * degree);
      }
    },
  };
}

/** @param {string} name of an array */
function startOf(name) {
  if (name === 'doneAt' || name === 'expectedAt' || name === 'firstAskedAt') return Number.POSITIVE_INFINITY;
  if (name === 'kept') return 1;
  return name.endsWith('At') && name !== 'wakeAt' ? NEVER : name === 'lastAnnounced' ? NEVER : 0;
}

/** How many bits of a word are set. @param {number} word */
export function countBits(word) {
  let left = word;
  let count = 0;
  for (; left !== 0; count++) left &= left - 1;
  return count;
}
