import type { FrameMedia } from '../schedule/playback.js';

/** From the first frame's data to the frame on the screen, ms. */
const SHOWN_MS = 50;
/** A player that has its first segment shows it within this, or something else is in the way, ms. */
export const FIRST_FRAME_MS = 500;
/** The same, of a player of which nothing is known but that it was given a segment, ms. */
export const UNSEEN_FRAME_MS = 100;

/**
 * Runs `task` once the player shows its first frame, now that it has its first segment: until then the page's thread is the frame's.
 * @param media the element that plays; without one a moment is waited
 * @returns the function that prevents it
 */
export function afterFirstFrame(media: FrameMedia | undefined, task: () => void): () => void {
  const tells = media?.addEventListener !== undefined && (media.readyState ?? 2) < 2;
  let timer = setTimeout(task, tells ? FIRST_FRAME_MS : UNSEEN_FRAME_MS);
  const onData = (): void => {
    clearTimeout(timer);
    media?.removeEventListener?.('loadeddata', onData);
    timer = setTimeout(task, SHOWN_MS);
  };
  if (tells) media?.addEventListener?.('loadeddata', onData);
  return () => {
    clearTimeout(timer);
    media?.removeEventListener?.('loadeddata', onData);
  };
}
