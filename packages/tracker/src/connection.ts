import type { EventEmitter } from 'node:events';

/** The part of a WebSocket of `ws` that is used here. */
export interface Connection extends EventEmitter {
  send(data: string, done?: (error?: Error) => void): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
  ping(): void;
  /** Sent, and not yet taken by the system, bytes. */
  readonly bufferedAmount: number;
}
