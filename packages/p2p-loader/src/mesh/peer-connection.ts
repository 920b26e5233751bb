import { pathOf } from './connection-path.js';
import { isLocalCandidate, withoutLocalCandidates } from './local-candidates.js';

/**
 * The one place that reaches the RTCPeerConnection below a connection that bittorrent-tracker's client made.
 * simple-peer keeps it private (`_pc`), and takes each later channel of the other side for its own main one;
 * test/peer-connection.test.ts fails when upstream changes either.
 */

/** What is used of a `simple-peer` object. */
export interface SignalledPeer {
  /** The other viewer's peer id, 40 hex digits. */
  readonly id: string;
  readonly initiator: boolean;
  /** Label of the main channel: made by the initiator, the same on both sides. */
  readonly channelName: string;
  readonly connected: boolean;
  readonly destroyed: boolean;
  send(data: string): void;
  destroy(error?: Error): void;
  on(event: 'connect' | 'close', listener: () => void): this;
  on(event: 'data', listener: (data: Uint8Array | string) => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
}

interface WithConnection {
  readonly _pc: RTCPeerConnection | null;
}

/** The standing channels of a connected peer. */
export interface PeerConnection {
  /** Opens a reliable, ordered channel. Throws InvalidStateError once the connection is closed. */
  createDataChannel(label: string): RTCDataChannel;
  /** How it goes now; undefined where the browser does not tell. Never rejects. */
  path(): Promise<RTCIceCandidateType | undefined>;
}

/** Whether this browser has WebRTC at all. */
export function hasWebRtc(): boolean {
  return typeof globalThis.RTCPeerConnection === 'function';
}

/** What the browser says to a configuration that it makes no connection with (W3C WebRTC §4.4.1.6); undefined: it makes one. */
export function refusalOf(configuration: RTCConfiguration): unknown {
  try {
    if (hasWebRtc()) new RTCPeerConnection(configuration).close();
    return undefined;
  } catch (error) {
    return error ?? 'RTCPeerConnection';
  }
}

/**
 * Takes over the channels that the other side opens from now on. Call it in the `connect` event's own turn:
 * a channel that arrives earlier would be taken for the main one.
 */
export function takeDataChannels(
  peer: SignalledPeer,
  onDataChannel: (channel: RTCDataChannel) => void,
): PeerConnection {
  const connection = (peer as unknown as WithConnection)._pc;
  if (!connection) throw new Error(`connection to ${peer.id} is closed`);
  connection.ondatachannel = (event) => onDataChannel(event.channel);
  return {
    createDataChannel: (label) => connection.createDataChannel(label),
    path: async () => {
      try {
        return pathOf(await connection.getStats());
      } catch {
        return undefined;
      }
    },
  };
}

/** The trackers of bittorrent-tracker's client, which make the connections. */
interface WithTrackers {
  readonly _trackers: readonly { _createPeer(options?: object): WithConnection }[];
}

/**
 * From now on the client's connections neither offer nor take a candidate of the local network, so that no browser has to ask for leave to reach it.
 * @param client as bittorrent-tracker makes it, before its first announce
 */
export function keepOffLocalNetwork(client: object): void {
  for (const tracker of (client as WithTrackers)._trackers) {
    const create = tracker._createPeer;
    tracker._createPeer = (options) => {
      const peer = create.call(tracker, options);
      if (peer._pc) hideLocalCandidates(peer._pc);
      return peer;
    };
  }
}

function hideLocalCandidates(connection: RTCPeerConnection): void {
  const describe: (description: RTCSessionDescriptionInit) => Promise<void> = connection.setRemoteDescription;
  const add: (candidate?: RTCIceCandidateInit) => Promise<void> = connection.addIceCandidate;
  const described = (): RTCSessionDescription | null =>
    Reflect.get(Object.getPrototypeOf(connection), 'localDescription', connection);
  const hidden = <D extends { readonly type: RTCSdpType; readonly sdp?: string }>({ type, sdp = '' }: D) => ({
    type,
    sdp: withoutLocalCandidates(sdp),
  });
  Object.defineProperties(connection, {
    localDescription: {
      get: () => {
        const description = described();
        return description && hidden(description);
      },
    },
    setRemoteDescription: {
      value: (description: RTCSessionDescriptionInit) => describe.call(connection, hidden(description)),
    },
    addIceCandidate: {
      value: async (candidate?: RTCIceCandidateInit) => {
        const text = candidate?.candidate;
        if (!text || !isLocalCandidate(text)) await add.call(connection, candidate);
      },
    },
  });
}
