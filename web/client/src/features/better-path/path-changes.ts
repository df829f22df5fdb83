import type { Environment } from '../../core/environment.js';

/** A connection that has just been established tries its paths, and takes one after the other. */
const settlesWithinMs = 5_000;

/** The environment with connections that report when ICE leaves the path that one of them has used for some time. That happens when a network interface goes away, for example that of a VPN. */
export function watchPathChanges(environment: Environment, onChanged: () => void): Environment {
  const watch = (connection: RTCPeerConnection) => {
    const connected = () => {
      if (connection.connectionState !== 'connected') return;
      connection.removeEventListener('connectionstatechange', connected);
      const since = environment.monotonicNow();
      // All sections share one transport.
      connection.getTransceivers()[0]?.sender.transport?.iceTransport?.addEventListener('selectedcandidatepairchange', () => {
        if (environment.monotonicNow() - since >= settlesWithinMs) onChanged();
      });
    };
    connection.addEventListener('connectionstatechange', connected);
    return connection;
  };
  return { ...environment, createPeerConnection: configuration => watch(environment.createPeerConnection(configuration)) };
}
