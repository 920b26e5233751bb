import type { Resource, Slot, Slots } from './slots.js';

/** EXTINF has changed, s: more than another rounding. */
const OTHER_DURATION = 0.002;
/**
 * A segment's date has changed by this share of what the playlist listed: an encoder that starts again after all of that is further off, and dates
 * that are reckoned anew for each version are not.
 */
const OTHER_DATE = 0.75;

/** Whether a segment has another duration than before, s. */
export const isOtherDuration = (before: number, now: number): boolean => Math.abs(before - now) > OTHER_DURATION;

/**
 * Whether it has another date, ms; never where nothing told.
 * @param listed what the playlist listed, ms
 */
export const isOtherDate = (before: number, now: number, listed: number): boolean =>
  Math.abs(before - now) > OTHER_DATE * listed;

/**
 * Resources that stand in a place where they did not, and were not moved there by an edit of the playlist; or with another duration or date.
 * @param listed what the playlist listed before, ms
 */
export function otherUses(before: Slots, slots: readonly Slot[], listed: number): Set<Resource> {
  const first = (slots[0] as Slot).place;
  const places = new Map(slots.map((slot) => [slot.place, slot.resource]));
  const moved = new Map<Resource, Slot>();
  for (const slot of before.inOrder) {
    const { resource, place } = slot;
    if (place >= first && places.get(place) !== resource && !moved.has(resource)) moved.set(resource, slot);
  }
  const others = new Set<Resource>();
  for (const { resource, place, duration, date } of slots) {
    const was = before.holds(place, resource) ? before.at(place) : moved.get(resource);
    const isOther =
      !was || isOtherDuration(was.duration, duration) || (was.place === place && isOtherDate(was.date, date, listed));
    if (isOther) others.add(resource);
  }
  return others;
}
