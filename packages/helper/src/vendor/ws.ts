import { WebSocket } from 'ws';

/** Node 20 has none of its own. */
export function installWebSocket(): void {
  Object.assign(globalThis, { WebSocket: globalThis.WebSocket ?? WebSocket });
}
