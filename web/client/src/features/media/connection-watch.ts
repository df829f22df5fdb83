import type { ConnectTime } from './connect-time.js';
import { hasFallenSilent, interruptedMs, isDead, isSuspect, measureAfterMs, nextHealth, pathCounts, type PathHealth } from './path-health.js';

/** ICE also reports `disconnected` for short interruptions; the path counts as dead only after a longer one. */
const disconnectedGraceMs = 3_000;
/** A connection is steady when so many measurements found that something had arrived since the one before. */
const steadyAfter = 10;

/** Why a connection is lost: nothing arrives on its path, now or from the beginning, or it was closed or failed. */
export type LossCause = 'silent' | 'ended';

export interface ConnectionLimits {
  /**
   * How long a dead path may still recover, in milliseconds. Asked for at each measurement of a dead path, with the milliseconds for which nothing has got through: zero ends
   * the wait.
   */
  patience(interruptedMs: number): number;
  /** `Environment.monotonicNow`. */
  readonly now: () => number;
  /** The time to connect, from the moment when both sides are described; without it, there is no limit. */
  readonly connectTime?: ConnectTime;
}

export interface ConnectionEvents {
  connected(): void;
  /** The connection has carried packets for about 10 s in total, so what happens next is not a consequence of how it began. Called once. */
  steady(): void;
  /** The path may be dead. Called once until the path has worked again. */
  suspected?(): void;
  /** The time to connect has passed. Returns whether the connection may go on, which otherwise is lost; called once. Without it, it is lost. */
  overdue?(): boolean;
  lost(cause: LossCause): void;
}

/** What was measured last on the paths of connections that are watched. */
const healths = new WeakMap<RTCPeerConnection, PathHealth>();

/** Whether media arrived on a watched connection, and now nothing does. True much sooner than a path counts as dead, so ask only about a connection whose relay may have ended. */
export const hasJustFallenSilent = (connection: RTCPeerConnection): boolean => hasFallenSilent(healths.get(connection) ?? null);

/**
 * Calls `connected` whenever a peer connection is up, and `lost` once when it is lost for good, or does not connect in time. Returns a function that stops watching. Watches
 * the DTLS transports too: a server ends a session with a DTLS alert, long before ICE fails. And it watches the path: ICE reports a dead one only after 5 to 8 s.
 */
export function watchConnection(connection: RTCPeerConnection, { patience, now, connectTime }: ConnectionLimits, events: ConnectionEvents): () => void {
  let connecting: ReturnType<typeof setTimeout> | undefined;
  /** When both sides were described, as of `ConnectTime.now`. */
  let describedAt: number | null = null;
  let wasConnected = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let measuring: ReturnType<typeof setTimeout> | undefined;
  let givingUp: ReturnType<typeof setTimeout> | undefined;
  let health: PathHealth | null = null;
  /** ICE has reported the path as interrupted for so long that it is dead. */
  let isInterrupted = false;
  let isSuspected = false;
  let carried = 0;
  let stopped = false;
  const transports = new Set<RTCDtlsTransport>();
  const onTransport = (event: Event) => {
    const { state } = event.target as RTCDtlsTransport;
    if (state === 'closed' || state === 'failed') lost('ended');
  };
  const stop = () => {
    stopped = true;
    clearTimeout(connecting);
    clearTimeout(timer);
    clearTimeout(givingUp);
    clearTimeout(measuring);
    connection.onconnectionstatechange = connection.onsignalingstatechange = null;
    for (const transport of transports) transport.removeEventListener('statechange', onTransport);
  };
  const lost = (cause: LossCause) => {
    if (stopped) return;
    stop();
    events.lost(cause);
  };
  /** Resolves to whether the path is dead. */
  const measure = async () => {
    health = nextHealth(health, pathCounts(await connection.getStats()), now());
    if (health === null) healths.delete(connection);
    else healths.set(connection, health);
    return isInterrupted || isDead(health);
  };
  const watchPath = async () => {
    const before = health?.received ?? Infinity;
    const dead = await measure();
    if (stopped) return;
    const wasSuspected = isSuspected;
    isSuspected = dead || isSuspect(health);
    if (isSuspected && !wasSuspected) events.suspected?.();
    if (dead) {
      const wait = patience(interruptedMs(health));
      if (wait === 0) lost('silent');
      else givingUp ??= setTimeout(() => void giveUp().catch(() => undefined), wait);
      return;
    }
    clearTimeout(givingUp);
    givingUp = undefined;
    if (health !== null && health.received > before && ++carried === steadyAfter) events.steady();
  };
  const scheduleMeasurement = () => {
    measuring = setTimeout(() => {
      void watchPath().catch(() => undefined).finally(() => { // a closed connection has no statistics
        if (!stopped) scheduleMeasurement();
      });
    }, measureAfterMs(health));
  };
  const giveUp = async () => {
    givingUp = undefined;
    if (await measure()) lost('silent');
  };
  const giveUpConnecting = async (limitMs: number, isExtended = false) => {
    await connection.getStats().catch(() => undefined); // the events of a page that was busy come first
    if (wasConnected || stopped) return;
    if (!isExtended && hasPath(connection)) { // the node answers, and the handshake takes as long again at most
      connecting = setTimeout(() => void giveUpConnecting(limitMs, true), limitMs);
      return;
    }
    connectTime?.recordExceeded();
    if (events.overdue?.() !== true) lost('silent');
  };
  connection.onsignalingstatechange = () => {
    // A connection without sections, or with one description, has nothing to connect.
    if (connectTime === undefined || wasConnected || describedAt !== null || connection.signalingState !== 'stable' || connection.remoteDescription === null || connection.getTransceivers().length === 0) return;
    describedAt = connectTime.now();
    const { limitMs } = connectTime;
    connecting = setTimeout(() => void giveUpConnecting(limitMs), limitMs);
  };
  connection.onconnectionstatechange = () => {
    clearTimeout(timer);
    isInterrupted = false;
    switch (connection.connectionState) {
      case 'connected':
        clearTimeout(connecting);
        if (!wasConnected) connectTime?.recordConnected(describedAt === null ? 0 : connectTime.now() - describedAt);
        wasConnected = true;
        for (const transport of transportsOf(connection)) {
          transports.add(transport);
          transport.addEventListener('statechange', onTransport);
        }
        if (measuring === undefined) scheduleMeasurement();
        events.connected();
        break;
      case 'failed':
      case 'closed': lost('ended'); break;
      case 'disconnected':
        timer = setTimeout(() => {
          isInterrupted = true;
          void watchPath().catch(() => undefined);
        }, disconnectedGraceMs);
        break;
      default: break;
    }
  };
  return stop;
}

/** ICE has found a path, on which DTLS may not be done. */
const hasPath = ({ iceConnectionState }: RTCPeerConnection): boolean => iceConnectionState === 'connected' || iceConnectionState === 'completed';

/** Whether a connection has had no path yet, and may find one. */
export const isSeekingPath = (connection: RTCPeerConnection): boolean =>
  (connection.connectionState === 'new' || connection.connectionState === 'connecting') && !hasPath(connection);

function transportsOf(connection: RTCPeerConnection): RTCDtlsTransport[] {
  return connection.getTransceivers().map(transceiver => transceiver.sender.transport ?? transceiver.receiver.transport).filter(transport => transport !== null && transport !== undefined);
}
