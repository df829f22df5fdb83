/** What a connection counted on its network path since it opened. */
export interface PathCounts {
  /** Grows with everything that arrives. */
  readonly received: number;
  /** Connectivity checks that the browser has sent (RFC 8445 §2.2; RFC 7675); null where it does not count them. */
  readonly checks: number | null;
}

export interface PathHealth extends PathCounts {
  /** Measurements in sequence in which nothing arrived. */
  readonly silent: number;
  /** Whether media arrived before that, and not only responses. */
  readonly wasBusy: boolean;
}

/** A path with so many silent measurements, and as many checks without a response meanwhile, is dead. */
const deadAfter = 3;
/** On an idle connection, which has only its checks, single ones may get lost. */
const deadAfterIdle = 5;
/** What arrives of media in a second is more. */
const busyFrom = 200;

/** `counts` is null as long as there is no path. */
export function nextHealth(previous: PathHealth | null, counts: PathCounts | null): PathHealth | null {
  if (counts === null) return null;
  return previous !== null && previous.received === counts.received ? { ...previous, silent: previous.silent + 1 }
    : { ...counts, silent: 0, wasBusy: previous !== null && counts.received - previous.received >= busyFrom };
}

/** Whether nothing can arrive any more. A path that is only idle is not dead: its checks get responses. */
export function isDead(health: PathHealth | null, counts: PathCounts | null): boolean {
  if (health === null || counts === null || health.checks === null || counts.checks === null) return false;
  return health.silent >= deadAfter && counts.checks - health.checks >= (health.wasBusy ? deadAfter : deadAfterIdle);
}

interface Pair extends RTCStats {
  /** Only in Firefox. Its earlier versions name the selected pair in no other way. */
  readonly selected?: boolean;
  readonly bytesReceived?: number;
  readonly responsesReceived?: number;
  readonly requestsReceived?: number;
  readonly requestsSent?: number;
}

/** The counts of the selected pair of candidates. All sections of a connection share one. */
export function pathCounts(report: RTCStatsReport): PathCounts | null {
  const pair = selectedPair(report);
  if (pair === undefined) return null;
  const { bytesReceived = 0, responsesReceived, requestsReceived = 0, requestsSent } = pair;
  return { received: bytesReceived + (responsesReceived ?? 0) + requestsReceived, checks: responsesReceived === undefined ? null : requestsSent ?? null };
}

function selectedPair(report: RTCStatsReport): Pair | undefined {
  let id: string | undefined;
  let flagged: Pair | undefined;
  report.forEach((record: Pair & { selectedCandidatePairId?: string }) => {
    if (record.type === 'transport') id ??= record.selectedCandidatePairId;
    if (record.type === 'candidate-pair' && record.selected === true) flagged ??= record;
  });
  return id === undefined ? flagged : report.get(id) as Pair | undefined;
}
