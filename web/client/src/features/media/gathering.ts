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

/** Waits until the browser has all its candidates, but not longer than this, for example for a server that does not answer. */
export function gathered(connection: RTCPeerConnection, limitMs: number): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(finish, limitMs);
    connection.addEventListener('icegatheringstatechange', check);
    check();

    function check(): void {
      if (connection.iceGatheringState === 'complete') finish();
    }

    function finish(): void {
      clearTimeout(timer);
      connection.removeEventListener('icegatheringstatechange', check);
      resolve();
    }
  });
}
