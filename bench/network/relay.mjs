// @ts-check
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** @param {string} host */
async function freeUdpPort(host) {
  const socket = createSocket('udp4').bind(0, host);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

/**
 * coturn as STUN and TURN server.
 * @param {string} host its address
 * @throws {Error} when there is none
 */
export async function startRelay(host) {
  if (spawnSync('turnserver', ['--version'], { stdio: 'ignore' }).error) {
    throw new Error('viewers behind routers: needs "turnserver" (package coturn)');
  }
  const port = await freeUdpPort(host);
  const folder = mkdtempSync(join(tmpdir(), 'live-torrent-relay-'));
  // biome-ignore format: one option and its value a line
  const options = [
    '-n', '--listening-ip', host, '--relay-ip', host, '--listening-port', String(port),
    '--lt-cred-mech', '--realm', 'bench', '--user', 'bench:bench', '--userdb', join(folder, 'turndb'), '--pidfile', join(folder, 'pid'),
    '--no-tls', '--no-dtls', '--no-cli', '--log-file', 'stdout', '--simple-log',
  ];
  // It ends with its input, so also when the bench is killed.
  const child = spawn('sh', ['-c', 'turnserver "$@" <&- & read end; kill $!', 'sh', ...options], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await sleep(500);
  return {
    stun: [{ urls: `stun:${host}:${port}` }],
    turn: [{ urls: `stun:${host}:${port}` }, { urls: `turn:${host}:${port}`, username: 'bench', credential: 'bench' }],
    close: () => {
      child.stdin.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
