import type { ReportOptions } from '../options.js';
import type { Reported, Reporter } from './reporter.js';

/** Whether a viewer reports. What does so is loaded only then. */
export class Reporting {
  #reporter: Reporter | undefined;
  /** Of the start that counts; undefined while it is stopped. */
  #begun: object | undefined;

  /** @param options undefined: nobody does */
  constructor(private readonly options: ReportOptions | undefined) {}

  /**
   * @param random uniform in [0, 1)
   * @throws where the reporter cannot be loaded
   */
  async start(of: Reported, random: () => number): Promise<void> {
    const { options } = this;
    if (!options || random() >= (options.share ?? 1)) return;
    const begun = {};
    this.#begun = begun;
    const { Reporter } = await import('../report.js');
    if (this.#begun === begun) this.#reporter = new Reporter(options, of);
  }

  /** Another element plays. */
  mediaChanged(): void {
    this.#reporter?.watch();
  }

  stop(): void {
    this.#reporter?.stop();
    this.#reporter = this.#begun = undefined;
  }
}
