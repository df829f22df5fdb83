/** What a connection counted on its network path since it opened. */
export interface PathCounts {
  /** Grows with everything that arrives. */
  readonly received: number;
  /** Connectivity checks that the browser has sent (RFC 8445 §2.2; RFC 7675); null where it does not count them. */
  readonly checks: number | null;
  /** The responses to them. */
  readonly responses: number;
}

/** Time in which something did not happen, and the checks that were sent meanwhile. */
interface Wait {
  /** Milliseconds. Only time in which the path was measured counts: a page that was suspended has not waited. */
  readonly ms: number;
  readonly checks: number;
}

export interface PathHealth extends PathCounts {
  /** When the path was measured, in milliseconds. */
  readonly at: number;
  /** Since anything arrived. */
  readonly silence: Wait;
  /** Since a check got a response. On a path that only lets packets in, it grows while media arrives. It stays zero where the browser does not count checks. */
  readonly unanswered: Wait;
  /** In how many of the next measurements with arrivals the path still counts as busy. */
  readonly busy: number;
}

/** A time, and how many checks must have been sent in it: if media arrived before or arrives, and on an idle path. */
interface Limit {
  readonly ms: number;
  readonly ifBusy: number;
  readonly ifIdle: number;
}

/** An idle path has only its checks, of which single ones may get lost. On a busy one that loses many packets, so may several, and what arrives often answers what was sent. */
interface Limits {
  readonly silence: Limit;
  readonly unanswered: Limit;
}

/** From then on it is worth finding out whether the other side works. */
const suspectLimits: Limits = { silence: { ms: 2_000, ifBusy: 2, ifIdle: 3 }, unanswered: { ms: 2_500, ifBusy: 6, ifIdle: 3 } };
/** From then on nothing is expected of the path any more. */
const deadLimits: Limits = { silence: { ms: 3_000, ifBusy: 3, ifIdle: 5 }, unanswered: { ms: 4_000, ifBusy: 8, ifIdle: 5 } };
/** Media pauses for as long as this only where a path stops. */
const silentMs = 750;
const measureMs = 1_000;
const quietMeasureMs = 250;
/** Timers are not exact. */
const toleranceMs = 100;
/** One measurement adds as much time at most. */
const longestStepMs = 1_500;
/** What arrives of media between two measurements is more. */
const busyFrom = 200;
/** Media may end early in the last measurement. */
const staysBusy = 2;
const none: Wait = { ms: 0, checks: 0 };

/** `counts` is null as long as there is no path. `now` is in milliseconds. */
export function nextHealth(previous: PathHealth | null, counts: PathCounts | null, now: number): PathHealth | null {
  if (counts === null) return null;
  if (previous === null) return { ...counts, at: now, silence: none, unanswered: none, busy: 0 };
  const step: Wait = { ms: Math.min(longestStepMs, now - previous.at), checks: Math.max(0, (counts.checks ?? 0) - (previous.checks ?? 0)) };
  const isSilent = previous.received === counts.received;
  const isBusy = counts.received - previous.received >= busyFrom;
  return {
    ...counts,
    at: now,
    silence: isSilent ? add(previous.silence, step) : none,
    unanswered: counts.checks !== null && previous.responses === counts.responses ? add(previous.unanswered, step) : none,
    busy: isSilent ? previous.busy : isBusy ? staysBusy : Math.max(0, previous.busy - 1),
  };
}

/** Whether the path may be dead. A path that is only idle is not: its checks get responses. */
export const isSuspect = (health: PathHealth | null): boolean => exceeds(health, suspectLimits);

/** Whether nothing gets through any more. */
export const isDead = (health: PathHealth | null): boolean => exceeds(health, deadLimits);

/** Whether media arrived, and nothing at all has for a moment. */
export const hasFallenSilent = (health: PathHealth | null): boolean => health !== null && health.busy > 0 && health.silence.ms >= silentMs - toleranceMs;

/** When to measure next, in milliseconds: soon if media has stopped, or a check on a path without media waits for its response. */
export function measureAfterMs(health: PathHealth | null): number {
  if (health === null) return measureMs;
  const isQuiet = health.busy > 0 ? health.silence.ms > 0 : health.unanswered.checks > 0;
  return isQuiet ? quietMeasureMs : measureMs;
}

/** For how long nothing has got through, in milliseconds: since the last packet, or since the last response if packets still arrive. */
export function interruptedMs(health: PathHealth | null): number {
  if (health === null) return 0;
  const isOneWay = !reaches(health, health.silence, suspectLimits.silence) && reaches(health, health.unanswered, deadLimits.unanswered);
  return (isOneWay ? health.unanswered : health.silence).ms;
}

const exceeds = (health: PathHealth | null, { silence, unanswered }: Limits): boolean =>
  health !== null && (reaches(health, health.silence, silence) || reaches(health, health.unanswered, unanswered));

const reaches = ({ checks, busy }: PathHealth, wait: Wait, { ms, ifBusy, ifIdle }: Limit): boolean =>
  checks !== null && wait.ms >= ms - toleranceMs && wait.checks >= (busy > 0 ? ifBusy : ifIdle);

const add = (a: Wait, b: Wait): Wait => ({ ms: a.ms + b.ms, checks: a.checks + b.checks });

/** The pair of candidates on which a connection sends and receives. */
export interface Pair extends RTCStats {
  readonly localCandidateId?: string;
  /** Only in Firefox. Its earlier versions name the selected pair in no other way. */
  readonly selected?: boolean;
  readonly bytesReceived?: number;
  readonly responsesReceived?: number;
  readonly requestsReceived?: number;
  readonly requestsSent?: number;
}

/** The counts of the selected pair of candidates. */
export function pathCounts(report: RTCStatsReport): PathCounts | null {
  const pair = selectedPair(report);
  if (pair === undefined) return null;
  const { bytesReceived = 0, responsesReceived, requestsReceived = 0, requestsSent } = pair;
  const responses = responsesReceived ?? 0;
  return { received: bytesReceived + responses + requestsReceived, checks: responsesReceived === undefined ? null : requestsSent ?? null, responses };
}

/** All sections of a connection share one pair; undefined as long as there is none. */
export function selectedPair(report: RTCStatsReport): Pair | undefined {
  let id: string | undefined;
  let flagged: Pair | undefined;
  report.forEach((record: Pair & { selectedCandidatePairId?: string }) => {
    if (record.type === 'transport') id ??= record.selectedCandidatePairId;
    if (record.type === 'candidate-pair' && record.selected === true) flagged ??= record;
  });
  return id === undefined ? flagged : report.get(id) as Pair | undefined;
}
