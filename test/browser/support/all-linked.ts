import { type PollOptions, waitFor } from '../../../harness/poll.mjs';

/** Links that a viewer seeks at least, among others. */
const FEWEST_LINKS = 2;

/** Waits until each viewer is linked to all others where they are few, else to as many as it seeks. */
export async function allLinked(
  viewers: readonly { stats(): Promise<{ readonly links: number }> }[],
  options?: PollOptions,
): Promise<void> {
  const enough = Math.min(FEWEST_LINKS, viewers.length - 1);
  const stats = () => Promise.all(viewers.map((viewer) => viewer.stats()));
  await waitFor('all links', async () => (await stats()).every(({ links }) => links >= enough), options);
}
