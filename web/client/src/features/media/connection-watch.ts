import { isDead, nextHealth, pathCounts, type PathHealth } from './path-health.js';

/** ICE also reports `disconnected` for short interruptions; only a longer one counts as lost. */
const disconnectedGraceMs = 3_000;
const measureMs = 1_000;

export interface ConnectionEvents {
  connected(): void;
  lost(): void;
}

/**
 * Calls `connected` whenever a peer connection is up, and `lost` once when it is lost for good. Returns a function that stops watching. Watches the
 * DTLS transports too: a server ends a session with a DTLS alert, long before ICE fails. And it watches the path: ICE reports a dead one only after 5 to 8 s.
 */
export function watchConnection(connection: RTCPeerConnection, events: ConnectionEvents): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let measuring: ReturnType<typeof setInterval> | undefined;
  let health: PathHealth | null = null;
  let stopped = false;
  const transports = new Set<RTCDtlsTransport>();
  const onTransport = (event: Event) => {
    const { state } = event.target as RTCDtlsTransport;
    if (state === 'closed' || state === 'failed') lost();
  };
  const stop = () => {
    stopped = true;
    clearTimeout(timer);
    clearInterval(measuring);
    connection.onconnectionstatechange = null;
    for (const transport of transports) transport.removeEventListener('statechange', onTransport);
  };
  const lost = () => {
    if (stopped) return;
    stop();
    events.lost();
  };
  const measure = async () => {
    const counts = pathCounts(await connection.getStats());
    health = nextHealth(health, counts);
    if (isDead(health, counts)) lost();
  };
  connection.onconnectionstatechange = () => {
    clearTimeout(timer);
    switch (connection.connectionState) {
      case 'connected':
        for (const transport of transportsOf(connection)) {
          transports.add(transport);
          transport.addEventListener('statechange', onTransport);
        }
        measuring ??= setInterval(() => void measure().catch(() => undefined), measureMs); // a closed connection has no statistics
        events.connected();
        break;
      case 'failed':
      case 'closed': lost(); break;
      case 'disconnected': timer = setTimeout(lost, disconnectedGraceMs); break;
      default: break;
    }
  };
  return stop;
}

function transportsOf(connection: RTCPeerConnection): RTCDtlsTransport[] {
  return connection.getTransceivers().map(transceiver => transceiver.sender.transport ?? transceiver.receiver.transport).filter(transport => transport !== null && transport !== undefined);
}
