/** A file that the page got over the network. */
export interface Resource {
  /** Absolute URL, as it was asked for. */
  readonly url: string;
  /** From the request to the last byte, ms. */
  readonly duration: number;
}

/** Tells of each file that the page gets, without having a part in it (Resource Timing). Returns what ends it. */
export function watchResources(onResource: (resource: Resource) => void): () => void {
  if (typeof PerformanceObserver === 'undefined') return () => {};
  const observer = new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries()) onResource({ url: name, duration });
  });
  observer.observe({ type: 'resource', buffered: true });
  return () => observer.disconnect();
}
