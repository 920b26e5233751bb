/** What is used of a report of `getStats()` (W3C WebRTC Stats §8). */
type Entry = Readonly<Record<string, unknown>>;

/** How near to a link in one network, the nearest first (RFC 8445 §5.1.2). */
const BY_NEARNESS: readonly unknown[] = ['host', 'srflx', 'prflx', 'relay'];

/**
 * How a connection goes: the type of the less direct end of its selected candidate pair.
 * @returns undefined while there is none, or where the browser does not tell
 */
export function pathOf(report: { values(): Iterable<Entry> }): RTCIceCandidateType | undefined {
  const entries = [...report.values()];
  const selected = entries.find(({ type }) => type === 'transport')?.selectedCandidatePairId;
  const pairs = entries.filter(({ type }) => type === 'candidate-pair');
  // Firefox names none in its transport, and marks the pair.
  const pair =
    pairs.find(({ id }) => id === selected) ??
    pairs.find((each) => each.selected === true) ??
    pairs.find(({ nominated, state }) => nominated === true && state === 'succeeded');
  if (!pair) return undefined;
  const ranks = [pair.localCandidateId, pair.remoteCandidateId].map((end) =>
    BY_NEARNESS.indexOf(entries.find(({ id }) => id === end)?.candidateType),
  );
  return BY_NEARNESS[Math.max(...ranks)] as RTCIceCandidateType | undefined;
}
