/** What the tests use of simple-peer; the package brings no types. */
declare module '@thaunknown/simple-peer/lite.js' {
  import type { SignalledPeer } from '../src/mesh/peer-connection.js';

  const Peer: new (options: {
    initiator?: boolean;
    trickle?: boolean;
    config?: { iceServers: object[] };
  }) => SignalledPeer & {
    id: string;
    signal(data: unknown): void;
    on(event: 'signal', listener: (data: unknown) => void): void;
  };
  export default Peer;
}
