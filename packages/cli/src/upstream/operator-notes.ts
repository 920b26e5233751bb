import type { PlaylistLimitError } from '@live-torrent/manifest-magnetizer';
import type { Log } from '../source.js';
import { LRUCache } from '../vendor/lru-cache.js';
import { type UpstreamError, withoutQuery } from './upstream-error.js';

/** Different things that are said. */
const MAX_SAID = 100;
/** Segments that could not be read once. */
const MAX_FAILED = 1000;

/** What the operator hears once, however often it happens. */
export class OperatorNotes {
  readonly #said = new Set<string>();
  readonly #failed = new LRUCache<string, true>({ max: MAX_FAILED });

  constructor(readonly log: Log) {}

  once(key: string, line: string): void {
    if (this.#said.has(key) || this.#said.size >= MAX_SAID) return;
    this.#said.add(key);
    this.log.warn(line);
  }

  /** A segment, and others of its origin for the same reason, go through without magnets. */
  apart(url: string, reason: string): void {
    this.once(`${new URL(url).origin} ${reason}`, `${withoutQuery(url)}: ${reason}; such segments play without peers`);
  }

  /** A segment could not be read for its magnet: a second time it is no accident. */
  unread(url: string, error: UpstreamError): void {
    const { origin } = new URL(url);
    if (this.#failed.has(url))
      this.once(`${origin} ${error.text}`, `${error.message}; such segments play without peers`);
    this.#failed.set(url, true);
  }

  /** A playlist is longer than the magnetizer takes. */
  limit(url: string, { reason }: PlaylistLimitError): void {
    this.once(`${withoutQuery(url)} ${reason}`, `${withoutQuery(url)}: ${reason}; it plays without peers`);
  }
}
