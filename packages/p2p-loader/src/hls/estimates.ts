import type { HlsAbrController, HlsLike } from './types.js';

/** A player that is given a segment in this part of its duration does not wait for it. */
const NO_WAIT = 0.25;
/** An estimate below this part of what the line carries begins anew, after so many segments in a row that the player did not wait for. */
const TOO_LOW = 0.9;
const WITHOUT_WAIT = 2;

interface Player {
  readonly hls: HlsLike;
  readonly abr: HlsAbrController;
}

/**
 * The estimates of the bandwidth that players of one loader have. hls.js weighs a measurement by the time that the transfer took (its `utils/ewma.ts`), so a
 * start in which many viewers shared a line outweighs minutes of short transfers. Where the line is known to carry more, and the player waits for
 * nothing, its estimate begins anew with that.
 */
export class Estimates {
  readonly #players = new Set<Player>();
  #withoutWait = 0;

  /** The ABR controller that the player's class has; it is hls.js that makes it, with a player of its own. */
  controllerOf(hls: HlsLike): HlsAbrController {
    const player = { hls, abr: new hls.constructor.DefaultConfig.abrController(hls) };
    this.#players.add(player);
    hls.on('hlsDestroying', () => this.#players.delete(player));
    return player.abr;
  }

  /**
   * A player is given a segment, or gets none.
   * @param lineRate what the viewer's line carries, bit/s; 0: not known, or the player gets none, or is about to run dry
   * @param waited how long it waited, in durations of the segment
   */
  told(lineRate: number, waited = 0): void {
    this.#withoutWait = waited < NO_WAIT && lineRate > 0 ? this.#withoutWait + 1 : 0;
    if (this.#withoutWait < WITHOUT_WAIT) return;
    for (const { hls, abr } of this.#players) {
      if (hls.bandwidthEstimate < TOO_LOW * lineRate) {
        this.#withoutWait = 0;
        abr.resetEstimator?.(lineRate);
      }
    }
  }
}
