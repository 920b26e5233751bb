import type { DeviceState } from './rules.js';

/** The parts of `navigator` and `document` that tell of the device; browsers lack some of them. */
export interface DeviceHost {
  readonly navigator?:
    | {
        readonly connection?: (EventTarget & { readonly saveData?: boolean; readonly type?: string }) | undefined;
        readonly getBattery?: (() => Promise<BatteryLike>) | undefined;
      }
    | undefined;
  readonly document?: (EventTarget & { readonly visibilityState: string }) | undefined;
}

interface BatteryLike extends EventTarget {
  readonly level: number;
  readonly charging: boolean;
}

/** The device that this runs on. */
export function thisDevice(): DeviceHost {
  const { navigator, document } = globalThis as { navigator?: object; document?: DeviceHost['document'] };
  return { navigator, document };
}

/** Watches what the browser tells of the device and the page, until it is closed. */
export class Device {
  #battery: BatteryLike | undefined;
  #end = new AbortController();

  constructor(
    private readonly host: DeviceHost,
    private readonly onChange: () => void,
  ) {
    this.#listen(host.navigator?.connection, 'change');
    this.#listen(host.document, 'visibilitychange');
    // A page's policy may forbid it: then the battery counts as full.
    Promise.resolve(host.navigator?.getBattery?.()).then(
      (battery) => {
        if (!battery || this.#end.signal.aborted) return;
        this.#battery = battery;
        this.#listen(battery, 'levelchange');
        this.#listen(battery, 'chargingchange');
        this.onChange();
      },
      () => {},
    );
  }

  get state(): DeviceState {
    const connection = this.host.navigator?.connection;
    return {
      saveData: connection?.saveData === true,
      cellular: connection?.type === 'cellular',
      battery: this.#battery?.level ?? 1,
      charging: this.#battery?.charging ?? true,
    };
  }

  get hidden(): boolean {
    return this.host.document?.visibilityState === 'hidden';
  }

  close(): void {
    this.#end.abort();
  }

  #listen(target: EventTarget | undefined, type: string): void {
    target?.addEventListener?.(type, () => this.onChange(), { signal: this.#end.signal });
  }
}
