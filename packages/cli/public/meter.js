/** Sources that are counted: `LoaderStats` fields, all in payload bytes. */
const COUNTERS = ['peerBytes', 'helperBytes', 'originBytes', 'uploadedBytes'];

/** How long samples are kept, ms: the chart's minute, and what its smoothing looks back. */
const MEMORY = 90_000;

/** How long a rate takes to follow, ms: softens the steps that whole segments would draw. */
const RAMP = 2_000;

/** Turns growing counters into totals, rates and a minute of history. Times are ms of any one clock. */
export class Meter {
  #last = { peerBytes: 0, helperBytes: 0, originBytes: 0, uploadedBytes: 0 };
  #samples = [];

  /** Bytes since the page was loaded; they survive a loader that starts again from zero. */
  totals = { peerBytes: 0, helperBytes: 0, originBytes: 0, uploadedBytes: 0 };

  /** What rates are averaged over, ms: a few segments' duration, since they arrive whole and not quite evenly. */
  span = 8_000;

  /** Takes the counters' values at `time`. A counter that went back has started again. */
  sample(time, counters) {
    const delta = { time };
    for (const name of COUNTERS) {
      const value = counters[name];
      delta[name] = value < this.#last[name] ? value : value - this.#last[name];
      this.#last[name] = value;
    }
    this.#keep(delta);
  }

  /** Adds bytes that no counter has: what the player fetched by itself. */
  add(time, originBytes) {
    this.#keep({ time, peerBytes: 0, helperBytes: 0, originBytes, uploadedBytes: 0 });
  }

  #keep(delta) {
    if (COUNTERS.every((name) => delta[name] === 0)) return;
    for (const name of COUNTERS) this.totals[name] += delta[name];
    this.#samples.push(delta);
    while (this.#samples.length > 0 && this.#samples[0].time < delta.time - MEMORY) this.#samples.shift();
  }

  /** Bytes from `from` (exclusive) to `to`. */
  sum(from, to) {
    const sum = { peerBytes: 0, helperBytes: 0, originBytes: 0, uploadedBytes: 0 };
    for (const sample of this.#samples) {
      if (sample.time > from && sample.time <= to) for (const name of COUNTERS) sum[name] += sample[name];
    }
    return sum;
  }

  /** Bytes per second at `time`: a moving average over `span`, with soft edges. */
  rate(time) {
    const rate = { peerBytes: 0, helperBytes: 0, originBytes: 0, uploadedBytes: 0 };
    for (const sample of this.#samples) {
      const age = time - sample.time;
      if (age < 0 || age > this.span + RAMP) continue;
      const weight = Math.min(1, age / RAMP, (this.span + RAMP - age) / RAMP) * (1000 / this.span);
      for (const name of COUNTERS) rate[name] += sample[name] * weight;
    }
    return rate;
  }
}
