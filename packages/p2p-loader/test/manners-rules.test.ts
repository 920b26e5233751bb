import { jest } from '@jest/globals';
import type { DeviceHost } from '../src/manners/device.js';
import { type DeviceState, mannersOf, sleepsAt } from '../src/manners/rules.js';
import { type MannersOptions, MannersWatch } from '../src/manners/watch.js';

const ordinary: DeviceState = { saveData: false, cellular: false, battery: 1, charging: true };

describe('what the device allows', () => {
  it('is everything where nothing speaks against it', () => {
    expect(mannersOf(ordinary, {})).toEqual({ off: undefined, paused: undefined });
  });

  it('is plain HTTP with Save-Data, and taking without giving on cellular and with a low battery', () => {
    expect(mannersOf({ ...ordinary, saveData: true }, {})).toEqual({ off: 'save-data', paused: 'save-data' });
    expect(mannersOf({ ...ordinary, cellular: true }, {})).toEqual({ off: undefined, paused: 'cellular' });
    const low = { ...ordinary, battery: 0.14, charging: false };
    expect(mannersOf(low, {})).toEqual({ off: undefined, paused: 'low-battery' });
  });

  it('does not mind a low battery that charges, nor one of 15 %', () => {
    expect(mannersOf({ ...ordinary, battery: 0.05 }, {}).paused).toBeUndefined();
    expect(mannersOf({ ...ordinary, battery: 0.15, charging: false }, {}).paused).toBeUndefined();
  });

  it('is what the site says', () => {
    const all = { saveData: true, cellular: true, battery: 0, charging: false };
    const full = { saveData: 'full', cellular: 'full', lowBattery: 'full' } as const;
    expect(mannersOf(all, full)).toEqual({ off: undefined, paused: undefined });
    expect(mannersOf(all, { ...full, saveData: 'leech' })).toEqual({ off: undefined, paused: 'save-data' });
    expect(mannersOf(all, { ...full, cellular: 'leech', lowBattery: 'off' })).toEqual({
      off: 'low-battery',
      paused: 'low-battery',
    });
    expect(mannersOf(all, { ...full, cellular: 'off', lowBattery: 'off' }).off).toBe('cellular');
  });
});

describe('a page falls asleep', () => {
  it('some time after it was hidden or stopped playing, whichever is later, and never while it is seen', () => {
    expect(sleepsAt({ hiddenSince: undefined, playedAt: 0 }, 60_000)).toBeUndefined();
    expect(sleepsAt({ hiddenSince: 5, playedAt: 3 }, 60_000)).toBe(60_005);
    expect(sleepsAt({ hiddenSince: 5, playedAt: 9 }, 60_000)).toBe(60_009);
    expect(sleepsAt({ hiddenSince: 5, playedAt: 9 }, Number.POSITIVE_INFINITY)).toBeUndefined();
  });
});

describe('the watch over the manners', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const watch = (options: MannersOptions = {}, more: DeviceHost['navigator'] = {}) => {
    const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
    const connection = Object.assign(new EventTarget(), { saveData: false, type: 'wifi' });
    const heard: unknown[] = [];
    const manners = new MannersWatch({ navigator: { connection, ...more }, document }, options, () => Date.now(), {
      onOff: (reason) => heard.push(reason),
      onPaused: (reason) => {
        if (heard.at(-1) !== `paused ${reason}`) heard.push(`paused ${reason}`);
      },
    });
    heard.length = 0;
    const show = (visibilityState: 'visible' | 'hidden') => {
      document.visibilityState = visibilityState;
      document.dispatchEvent(new Event('visibilitychange'));
    };
    return { manners, heard, show, connection };
  };

  it('leaves the mesh a minute after the page was hidden, and comes back the moment it is seen', () => {
    const { manners, show } = watch();
    jest.advanceTimersByTime(600_000);
    expect(manners.off).toBeUndefined();
    show('hidden');
    jest.advanceTimersByTime(59_999);
    expect(manners.off).toBeUndefined();
    jest.advanceTimersByTime(5_000);
    expect(manners.off).toBe('asleep');
    show('visible');
    expect(manners.off).toBeUndefined();
    manners.close();
  });

  it('stays while hidden media plays, and for the whole time after it stopped', () => {
    const { manners, show } = watch();
    manners.media = { paused: false, ended: false };
    show('hidden');
    jest.advanceTimersByTime(3_600_000);
    expect(manners.off).toBeUndefined();
    manners.media = { paused: true, ended: false };
    jest.advanceTimersByTime(54_000);
    expect(manners.off).toBeUndefined();
    jest.advanceTimersByTime(10_000);
    expect(manners.off).toBe('asleep');
    manners.media = { paused: false, ended: false };
    manners.check();
    expect(manners.off).toBeUndefined();
    manners.close();
  });

  it('takes a player without a media element to play while it asks for segments', () => {
    const { manners, show } = watch({ hiddenFor: 1_000 });
    show('hidden');
    for (let i = 0; i < 10; i++) {
      jest.advanceTimersByTime(900);
      manners.asked();
      expect(manners.off).toBeUndefined();
    }
    jest.advanceTimersByTime(2_100);
    expect(manners.off).toBe('asleep');
    manners.asked();
    expect(manners.off).toBeUndefined();
    manners.close();
  });

  it('follows Save-Data and the kind of network while they change, and no more once it is closed', () => {
    const { manners, heard, connection } = watch();
    const become = (change: Partial<typeof connection>) => {
      Object.assign(connection, change);
      connection.dispatchEvent(new Event('change'));
    };
    become({ type: 'cellular' });
    become({ saveData: true });
    become({ saveData: false, type: 'wifi' });
    expect(heard).toEqual(['paused cellular', 'paused save-data', 'save-data', 'paused undefined', undefined]);
    manners.close();
    become({ saveData: true });
    expect(heard).toHaveLength(5);
  });

  it('asks for the battery, and counts one that may not be seen as full', async () => {
    const battery = Object.assign(new EventTarget(), { level: 0.1, charging: false });
    const { manners, heard } = watch({}, { getBattery: async () => battery });
    await jest.advanceTimersByTimeAsync(1);
    expect(heard).toEqual(['paused low-battery']);
    battery.charging = true;
    battery.dispatchEvent(new Event('chargingchange'));
    expect(heard).toEqual(['paused low-battery', 'paused undefined']);
    manners.close();
    const denied = watch({}, { getBattery: () => Promise.reject(new DOMException('no', 'NotAllowedError')) });
    await jest.advanceTimersByTimeAsync(1);
    expect(denied.heard).toEqual([]);
    denied.manners.close();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('needs neither of them', () => {
    const manners = new MannersWatch({}, {}, () => 0, { onOff: () => {}, onPaused: () => {} });
    expect(manners.off).toBeUndefined();
    manners.close();
  });
});
