const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** The samples of Prometheus's text format 0.0.4, by name; what is none is passed over. */
export function readExposition(text) {
  const samples = new Map();
  for (const line of text.split('\n')) {
    const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
    if (name === undefined || Number.isNaN(Number(value))) continue;
    const of = Object.fromEntries([...labels.matchAll(LABEL)].map(([, label, given]) => [label, given]));
    if (!samples.has(name)) samples.set(name, []);
    samples.get(name).push({ labels: of, value: Number(value) });
  }
  return samples;
}

/** The sum of a figure over all streams, where its labels are these; 0 where there is none. */
export function sumOf(samples, name, labels = {}) {
  const wanted = Object.entries(labels);
  return (samples.get(name) ?? [])
    .filter((sample) => wanted.every(([label, value]) => sample.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}
