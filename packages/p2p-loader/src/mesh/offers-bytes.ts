import type { ControlMessage } from './control.js';

/** Whether a message invites others to take segments from this viewer: one that gives nothing does not send it. */
export function offersBytes(message: ControlMessage, peerId: string): boolean {
  return message.t === 'have' || message.t === 'part' || (message.t === 'fetching' && message.f === peerId);
}
