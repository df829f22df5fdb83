import type { Environment } from '../../core/environment.js';

/** The environment with connections that report how long they gather candidates, in milliseconds, each once. */
export function watchGathering(environment: Environment, onGathered: (ms: number) => void): Environment {
  const watch = (connection: RTCPeerConnection) => {
    let beganAt: number | null = null;
    const changed = () => {
      if (connection.iceGatheringState === 'gathering') beganAt ??= environment.monotonicNow();
      if (connection.iceGatheringState !== 'complete' || beganAt === null) return;
      connection.removeEventListener('icegatheringstatechange', changed);
      onGathered(environment.monotonicNow() - beganAt);
    };
    connection.addEventListener('icegatheringstatechange', changed);
    return connection;
  };
  return { ...environment, createPeerConnection: configuration => watch(environment.createPeerConnection(configuration)) };
}
