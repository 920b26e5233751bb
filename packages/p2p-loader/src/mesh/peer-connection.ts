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
  return { createDataChannel: (label) => connection.createDataChannel(label) };
}
