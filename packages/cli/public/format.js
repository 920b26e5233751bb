/** A number of bytes in words: `0 MB`, `48 kB`, `1.3 MB`, `128 MB`, `2.1 GB` (powers of ten). */
export function formatBytes(bytes) {
  if (bytes < 1) return '0 MB';
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  const [value, unit] = bytes < 1e9 ? [bytes / 1e6, 'MB'] : [bytes / 1e9, 'GB'];
  return `${value < 99.95 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** Bytes per second in words, as `formatBytes`. */
export function formatRate(bytesPerSecond) {
  return `${bytesPerSecond < 1 ? '0 kB' : formatBytes(bytesPerSecond)}/s`;
}

/** `1 link`, `2 links`, `no links`. */
export function formatCount(count, noun) {
  return `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`;
}
