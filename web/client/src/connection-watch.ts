/** ICE says `disconnected` for hiccups too; only what lasts this long is taken for a loss. */
const disconnectedGraceMs = 3_000;

export interface ConnectionEvents {
  connected(): void;
  lost(): void;
}

/** Tells once when a peer connection is up and once when it is lost for good. Returns how to stop watching. */
export function watchConnection(connection: RTCPeerConnection, events: ConnectionEvents): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  const stop = () => {
    stopped = true;
    clearTimeout(timer);
    connection.onconnectionstatechange = null;
  };
  const lost = () => {
    if (stopped) return;
    stop();
    events.lost();
  };
  connection.onconnectionstatechange = () => {
    clearTimeout(timer);
    switch (connection.connectionState) {
      case 'connected': events.connected(); break;
      case 'failed':
      case 'closed': lost(); break;
      case 'disconnected': timer = setTimeout(lost, disconnectedGraceMs); break;
      default: break;
    }
  };
  return stop;
}
