import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorCode, Failure, reasonOf } from '../errors.js';

/**
 * Listens there.
 * @param warn Gets what goes wrong later, such as no file descriptor for one more connection: it passes.
 * @throws {Failure} naming the port or address that cannot be had
 */
export async function listen(server: Server, host: string, port: number, warn: (line: string) => void): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new Failure(listenFailure(error, host, port), { cause: error })));
    server.listen(port, host, () => resolve());
  });
  server.removeAllListeners('error');
  server.on('error', (error) => warn(`a connection could not be taken: ${reasonOf(error)}`));
}

/** The port that the system gave; undefined before `listen()`. */
export function portOf(server: Server): number | undefined {
  return (server.address() as AddressInfo | null)?.port;
}

function listenFailure(error: Error, host: string, port: number): string {
  const code = errorCode(error);
  if (code === 'EADDRINUSE') return `port ${port} on ${host} is in use: choose another with -p/--port`;
  if (code === 'EACCES') return `no permission for port ${port} on ${host}: choose another with -p/--port`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `--host ${host} is not an address of this machine`;
  return `cannot listen on ${host}:${port}: ${reasonOf(error)}`;
}
