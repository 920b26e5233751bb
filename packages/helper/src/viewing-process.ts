/** The process in which a helper's viewers are. It ends with its parent, and by `stop`. */
import type { FromViewing, ToViewing } from './messages.js';
import { endConnections, installWebRtc } from './vendor/node-datachannel.js';
import { installWebSocket } from './vendor/ws.js';
import { Viewing } from './viewer/viewing.js';

let viewing: Viewing | undefined;
let ending = false;

const say = (message: FromViewing): void => {
  if (process.connected) process.send?.(message);
};

async function end(last: FromViewing | undefined): Promise<void> {
  if (ending) return;
  ending = true;
  await viewing?.stop();
  endConnections();
  if (last) say(last);
  // What was said goes out first.
  process.disconnect?.();
  setTimeout(() => process.exit(0), 50);
}

/** Questions that wait for their answer. */
const asked = new Map<number, (urls: readonly string[] | undefined) => void>();
let questions = 0;

/** @throws {Error} where there are none now */
async function announce(): Promise<readonly string[]> {
  const id = questions++;
  const urls = await new Promise<readonly string[] | undefined>((resolve) => {
    asked.set(id, resolve);
    say({ t: 'announce', id });
  });
  if (urls === undefined) throw new Error('no tracker was named');
  return urls;
}

process.on('message', (message: ToViewing) => {
  if (message.t === 'stop') return void end({ t: 'ended' });
  if (message.t === 'announce') {
    asked.get(message.id)?.(message.urls);
    return void asked.delete(message.id);
  }
  installWebRtc();
  installWebSocket();
  viewing = new Viewing(message.options, announce, {
    onStats: (stats) => say({ t: 'stats', ...stats }),
    onWarning: (text) => say({ t: 'warning', message: text }),
    onEnded: (failure) => void end(failure === undefined ? { t: 'ended' } : { t: 'failed', message: failure }),
  });
});
process.on('disconnect', () => void end(undefined));
// The parent decides: a terminal's Ctrl-C goes to both.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => void end({ t: 'ended' }));
