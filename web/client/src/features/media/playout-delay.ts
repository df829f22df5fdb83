/** What a connection received, in all or since the previous measurement. */
export interface Reception {
  readonly videoPackets: number;
  /** Requests for lost video packets. */
  readonly requests: number;
  /** How often the picture stood still. */
  readonly freezes: number;
  readonly rttMs: number;
}

export interface Playout {
  /** Milliseconds for which the browser holds media before it plays them; null for its own choice. */
  readonly targetMs: number | null;
  /** Measurements since packets were last requested. */
  readonly calm: number;
}

const intervalMs = 2_000;
const minPackets = 20;
const lossyShare = 0.01;
const [minTargetMs, maxTargetMs, stepMs] = [150, 500, 50];
/** After half a minute without losses the browser decides again. */
const calmMeasurements = 15;

export const browserDecides: Playout = { targetMs: null, calm: 0 };

/**
 * A browser plays video almost at once, so a lost packet, which comes a round trip later, stops the picture. On a lossy line media are held for so long that most
 * repeated packets come in time. The way from the sender to the media node may be the long one, which nothing here shows but that the picture still stops.
 */
export function nextPlayout(previous: Playout, { videoPackets, requests, freezes, rttMs }: Reception): Playout {
  if (videoPackets < minPackets) return previous;
  if (requests / videoPackets >= lossyShare) {
    const known = previous.targetMs ?? 0;
    const wanted = Math.max(minTargetMs, stepMs * Math.ceil((100 + 1.5 * rttMs) / stepMs), known > 0 && freezes > 0 ? known + 2 * stepMs : 0);
    return { targetMs: Math.max(known, Math.min(maxTargetMs, wanted)), calm: 0 };
  }
  const calm = previous.calm + 1;
  return calm >= calmMeasurements ? browserDecides : { ...previous, calm };
}

/** Keeps the delay of all receivers of a connection. Returns a function that stops it. Sound has the same delay, so that lips stay in step. */
export function keepPlayoutDelay(connection: RTCPeerConnection): () => void {
  let playout = browserDecides;
  let before: Reception | null = null;
  const timer = setInterval(() => void measure().catch(() => undefined), intervalMs);
  return () => clearInterval(timer);

  async function measure(): Promise<void> {
    const now = totalsOf(await connection.getStats());
    if (before !== null) playout = nextPlayout(playout, { videoPackets: now.videoPackets - before.videoPackets, requests: now.requests - before.requests, freezes: now.freezes - before.freezes, rttMs: now.rttMs });
    before = now;
    for (const receiver of connection.getReceivers()) {
      if ('jitterBufferTarget' in receiver && receiver.jitterBufferTarget !== playout.targetMs) receiver.jitterBufferTarget = playout.targetMs;
    }
  }
}

function totalsOf(report: RTCStatsReport): Reception {
  let [videoPackets, requests, freezes, rttMs] = [0, 0, 0, 0];
  report.forEach((record: RTCStats & { kind?: string; packetsReceived?: number; nackCount?: number; freezeCount?: number; nominated?: boolean; currentRoundTripTime?: number }) => {
    if (record.type === 'inbound-rtp' && record.kind === 'video') {
      videoPackets += record.packetsReceived ?? 0;
      requests += record.nackCount ?? 0;
      freezes += record.freezeCount ?? 0;
    }
    if (record.type === 'candidate-pair' && record.nominated === true) rttMs = Math.max(rttMs, 1_000 * (record.currentRoundTripTime ?? 0));
  });
  return { videoPackets, requests, freezes, rttMs };
}
