import type { Environment } from '../../core/environment.js';

/** Opens connections to the media node, on tunnels or not. */
export interface TunnelEnvironment extends Environment {
  /** `isTunnel`: whether the session of the connection is on a tunnel, as the media node has opened it; without it, the client chooses. */
  readonly createPeerConnection: (configuration: RTCConfiguration, isTunnel?: boolean) => RTCPeerConnection;
}

/** A connection whose packets travel on a WebSocket, which is opened for one session of the media node. */
interface Tunnelled {
  /** Whether it only sends and plays frames that have passed a transform. */
  readonly isEncrypted: boolean;
  setSession(sessionId: string): void;
}

export const isTunnelled = (connection: RTCPeerConnection): connection is RTCPeerConnection & Tunnelled => 'setSession' in connection;

/** Tells a connection on a tunnel which session it belongs to. Others have it in their descriptions. */
export function nameSession(connection: RTCPeerConnection, sessionId: string | undefined): void {
  if (sessionId !== undefined && isTunnelled(connection)) connection.setSession(sessionId);
}
