import type { DisabledReason, UploadPausedReason } from '../figures/stats.js';
import type { Participation } from '../options.js';

/** What a site may set about the viewer's device; see P2PLoaderOptions for the words. */
export interface DeviceRules {
  readonly saveData?: Participation | undefined;
  readonly cellular?: Participation | undefined;
  readonly lowBattery?: Participation | undefined;
}

/** What is known of the device. A browser that does not tell counts as an ordinary one. */
export interface DeviceState {
  /** The viewer asked for less data: `navigator.connection.saveData` (Save Data API). */
  readonly saveData: boolean;
  /** `navigator.connection.type` is `cellular` (Network Information API). */
  readonly cellular: boolean;
  /** Charge in [0, 1] (Battery Status API). */
  readonly battery: number;
  readonly charging: boolean;
}

export interface Manners {
  /** Why peers are not used at all. */
  readonly off: DisabledReason | undefined;
  /** Why nothing is given. */
  readonly paused: UploadPausedReason | undefined;
}

/** A battery below this charge, not charging, is low. */
const LOW_BATTERY = 0.15;
const DEFAULTS = { saveData: 'off', cellular: 'leech', lowBattery: 'leech' } as const;

/** What the device allows now. The strictest rule wins, and of two alike the first of Save-Data, cellular, battery. */
export function mannersOf(device: DeviceState, rules: DeviceRules): Manners {
  const met = [
    ['save-data', device.saveData, rules.saveData ?? DEFAULTS.saveData],
    ['cellular', device.cellular, rules.cellular ?? DEFAULTS.cellular],
    ['low-battery', !device.charging && device.battery < LOW_BATTERY, rules.lowBattery ?? DEFAULTS.lowBattery],
  ] as const;
  const first = (participation: Participation) => met.find((rule) => rule[1] && rule[2] === participation)?.[0];
  const off = first('off');
  return { off, paused: off ?? first('leech') };
}

export interface Presence {
  /** Since when the page has been hidden, ms; undefined while it is seen. */
  readonly hiddenSince: number | undefined;
  /** When the player was last seen to play, ms. */
  readonly playedAt: number;
}

/** When a page that nobody sees and that plays nothing leaves the mesh, ms; undefined: not as things are. */
export function sleepsAt({ hiddenSince, playedAt }: Presence, hiddenFor: number): number | undefined {
  if (hiddenSince === undefined || hiddenFor === Number.POSITIVE_INFINITY) return undefined;
  return Math.max(hiddenSince, playedAt) + hiddenFor;
}
