/** How long samples are kept, s. */
const KEPT = 15 * 60;
/** What rates are averaged over, s: pages report every 15 s. */
const SPAN = 60;

/** Figures as they were at the times when they were looked at. */
export class History {
  /** Each time, s, with its samples; oldest first. */
  #looks = [];

  /** A process that began anew counts from zero: what was before is another one's. */
  add(time, samples, total) {
    const last = this.#looks.at(-1);
    if (last && total(samples) < total(last.samples)) this.#looks = [];
    this.#looks.push({ time, samples });
    while (this.#looks[0].time < time - KEPT) this.#looks.shift();
  }

  get times() {
    return this.#looks.map(({ time }) => time);
  }

  /** What `figure` says of the samples of each time. */
  values(figure) {
    return this.#looks.map(({ samples }) => figure(samples));
  }

  /** How fast `figure` grew in the time before each, a second; null for the first. */
  rates(figure) {
    const values = this.values(figure);
    let from = 0;
    return this.#looks.map(({ time }, i) => {
      while (this.#looks[from].time < time - SPAN) from++;
      return i === from ? null : (values[i] - values[from]) / (time - this.#looks[from].time);
    });
  }
}
