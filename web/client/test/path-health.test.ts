import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchConnection } from '../src/features/media/connection-watch.js';
import { interruptedMs, isDead, isSuspect, measureAfterMs, nextHealth, pathCounts, type PathCounts, type PathHealth } from '../src/features/media/path-health.js';
import { FakePeerConnection } from './fakes.js';

const counts = (received: number, checks: number | null, responses = received): PathCounts => ({ received, checks, responses });

/** The seconds after which the path was suspect and dead for the first time, or null, when it was measured at these seconds. */
function judge(measured: readonly (readonly [second: number, counts: PathCounts | null])[]): { suspect: number | null; dead: number | null } {
  let health: PathHealth | null = null;
  const found: { suspect: number | null; dead: number | null } = { suspect: null, dead: null };
  for (const [second, now] of measured) {
    health = nextHealth(health, now, 1_000 * second);
    if (isSuspect(health)) found.suspect ??= second;
    if (isDead(health)) found.dead ??= second;
  }
  return found;
}

/** One measurement a second. */
const eachSecond = (...measured: readonly (PathCounts | null)[]) => measured.map((now, second) => [second, now] as const);

describe('a network path', () => {
  it('that was busy is suspect after two seconds without a packet and two checks without a response, and dead after three of each', () => {
    const busy = [counts(100, 5), counts(9_000, 5), counts(9_000, 6), counts(9_000, 7), counts(9_000, 8), counts(9_000, 9)];
    expect(judge(eachSecond(...busy))).toEqual({ suspect: 3, dead: 4 });
  });

  it('that was idle is suspect after three checks without a response, and dead after five', () => {
    const idle = [100, 100, 100, 100, 100, 100].map((received, second) => counts(received, 5 + second));
    expect(judge(eachSecond(...idle))).toEqual({ suspect: 3, dead: 5 });
  });

  it('that media ended on just after a measurement counts as busy', () => {
    expect(judge(eachSecond(counts(100, 5), counts(9_000, 5), counts(9_001, 5), counts(9_001, 6), counts(9_001, 7), counts(9_001, 8))).dead).toBe(5);
  });

  it.each([
    ['all of the media', 9_000, { suspect: 6, dead: 8 }],
    ['little of what came before', 50, { suspect: 3, dead: 5 }],
  ])('that only lets packets in is suspect and dead after more checks without a response (%s)', (_, bytesPerSecond, expected) => {
    expect(judge(eachSecond(counts(0, 5, 3), ...Array.from({ length: 10 }, (_, second) => counts(9_000 + bytesPerSecond * second, 6 + second, 3))))).toEqual(expected);
  });

  it('is judged by the time that passes and not by how often it is measured', () => {
    const often = Array.from({ length: 21 }, (_, index) => [index / 4, index === 0 ? counts(100, 5) : counts(9_000, 5 + Math.floor(index / 4))] as const);
    expect(judge(often)).toEqual({ suspect: 2.25, dead: 3.25 });
  });

  it.each([
    ['it is idle, and its rare checks get responses', eachSecond(...Array.from({ length: 60 }, (_, second) => counts(100 + Math.floor(second / 3), 5 + Math.floor(second / 3))))],
    ['it is idle, and two of its checks get lost', eachSecond(counts(100, 5), counts(100, 6), counts(100, 7), counts(101, 7))],
    ['everything gets lost for a second', eachSecond(counts(100, 5), counts(9_000, 7), counts(9_000, 9), counts(9_001, 12), counts(9_002, 12))],
    ['media ends, and checks get responses', eachSecond(counts(100, 5), counts(9_000, 5), counts(9_000, 5), counts(9_001, 6), counts(9_001, 6), counts(9_001, 6), counts(9_002, 7))],
    ['the page was suspended for an hour, and has sent one check since', [[0, counts(100, 5)], [1, counts(9_000, 5)], [3_601, counts(9_000, 5)], [3_602, counts(9_000, 6)], [3_603, counts(9_001, 6)]] as const],
    ['the page was suspended for an hour, and has just sent two checks', [[0, counts(100, 5)], [1, counts(9_000, 5)], [3_601, counts(9_000, 7)], [3_601.25, counts(9_001, 7)]] as const],
    ['the browser does not count its checks', eachSecond(...Array.from({ length: 10 }, () => counts(100, null)))],
    ['it is not known', eachSecond(null, null, null, null, null)],
    ['another pair of candidates was selected, whose counts are lower', eachSecond(counts(100, 5), counts(100, 6), counts(20, 2), counts(20, 3), counts(21, 3))],
  ])('is not suspect when %s', (_, measured) => {
    expect(judge(measured)).toEqual({ suspect: null, dead: null });
  });

  it('is measured more often when media has stopped or a check waits for its response', () => {
    const interval = (...measured: PathCounts[]) => measureAfterMs(measured.reduce<PathHealth | null>((health, now) => nextHealth(health, now, (health?.at ?? 0) + 1_000), null));
    expect(measureAfterMs(null)).toBe(1_000);
    expect(interval(counts(100, 5), counts(9_000, 5))).toBe(1_000);
    expect(interval(counts(100, 5), counts(9_000, 5), counts(9_000, 5))).toBe(250);
    expect(interval(counts(100, 5), counts(100, 5))).toBe(1_000);
    expect(interval(counts(100, 5), counts(100, 6))).toBe(250);
  });

  it.each([
    ['nothing arrives: since the last packet, and not since the last response', eachSecond(counts(100, 5, 3), counts(9_000, 6, 3), counts(18_000, 7, 3), counts(27_000, 8, 3), ...[9, 10, 11, 12].map(checks => counts(27_000, checks, 3))), 4_000],
    ['packets only arrive: since the last response', eachSecond(...Array.from({ length: 10 }, (_, second) => counts(9_000 * second, 6 + second, 3))), 9_000],
    ['the browser does not count checks: since the last packet', eachSecond(...Array.from({ length: 60 }, (_, second) => counts(Math.min(57, second), null, 0))), 2_000],
    ['it works', eachSecond(counts(100, 5, 3), counts(9_000, 5, 3), counts(18_000, 6, 4)), 0],
  ])('is interrupted when %s', (_, measured, expected) => {
    let health: PathHealth | null = null;
    for (const [second, now] of measured) health = nextHealth(health, now, 1_000 * second);
    expect(interruptedMs(health)).toBe(expected);
  });

  it('is that of the selected pair, and everything that arrives on it counts', () => {
    const pair = { type: 'candidate-pair', bytesReceived: 1_000, responsesReceived: 3, requestsReceived: 2, requestsSent: 4 };
    const other = { ...pair, requestsSent: 99 };
    const report = (records: object) => new Map(Object.entries(records)) as unknown as RTCStatsReport;
    expect(pathCounts(report({ other, pair, transport: { type: 'transport', selectedCandidatePairId: 'pair' } }))).toEqual(counts(1_005, 4, 3));
    expect(pathCounts(report({ pair, transport: { type: 'transport' } }))).toBeNull();
    expect(pathCounts(report({ pair: { type: 'candidate-pair', bytesReceived: 1 }, transport: { type: 'transport', selectedCandidatePairId: 'pair' } }))).toEqual(counts(1, null, 0));
    expect(pathCounts(report({ other, pair: { type: 'candidate-pair', bytesReceived: 1, selected: true } }))).toEqual(counts(1, null, 0));
  });
});

/**
 * What a browser counts on a line, at each measurement: it sends a check every 2.5 s, or 0.9 s after one without a response, as Chromium does. Each packet is lost
 * with this probability, in each direction.
 */
function* line(seconds: number, { loss, roundTripMs, packetsPerSecond, random }: { loss: number; roundTripMs: number; packetsPerSecond: number; random: () => number }): Generator<readonly [number, PathCounts]> {
  let [received, checks, responses] = [0, 0, 0];
  let [nextCheck, nextMeasurement] = [0, 0];
  let waiting: number[] = [];
  for (let ms = 0; ms < 1_000 * seconds; ms += 10) {
    if (random() < packetsPerSecond / 100 * (1 - loss)) received += 100;
    const arrived = waiting.filter(at => at <= ms);
    waiting = waiting.filter(at => at > ms);
    responses += arrived.length;
    if (arrived.length > 0) nextCheck = Math.max(nextCheck, ms) + (waiting.length > 0 ? 0 : 1_600);
    if (ms >= nextCheck) {
      checks++;
      if (random() < (1 - loss) ** 2) waiting.push(ms + roundTripMs);
      nextCheck = ms + 900;
    }
    if (ms < nextMeasurement) continue;
    const interval = yield [ms / 1_000, counts(received + responses, checks, responses)];
    nextMeasurement = ms + ((interval as number | undefined) ?? 1_000);
  }
}

/** How often a path on such a line becomes suspect and dead. */
function alarms(seconds: number, options: { loss: number; roundTripMs: number; packetsPerSecond: number }): { suspect: number; dead: number } {
  const measurements = line(seconds, { ...options, random: seeded() });
  const count = { suspect: 0, dead: 0 };
  let health: PathHealth | null = null;
  let was = { suspect: false, dead: false };
  for (let next = measurements.next(); next.done !== true; next = measurements.next(measureAfterMs(health) as never)) {
    health = nextHealth(health, next.value[1], 1_000 * next.value[0]);
    const is = { suspect: isSuspect(health), dead: isDead(health) };
    for (const kind of ['suspect', 'dead'] as const) if (is[kind] && !was[kind]) count[kind]++;
    was = is;
  }
  return count;
}

function seeded(): () => number {
  let state = 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

describe('a line that works', () => {
  it.each([
    ['a good one', { loss: 0, roundTripMs: 30, packetsPerSecond: 50 }],
    ['an idle one', { loss: 0, roundTripMs: 30, packetsPerSecond: 0 }],
    ['a slow one', { loss: 0, roundTripMs: 2_000, packetsPerSecond: 10 }],
    ['a slow idle one', { loss: 0, roundTripMs: 2_000, packetsPerSecond: 0 }],
  ])('%s is never suspect in an hour', (_, options) => {
    expect(alarms(3_600, options)).toEqual({ suspect: 0, dead: 0 });
  });

  it('is rarely suspect when it loses every tenth packet, and never taken for a dead one', () => {
    const { suspect, dead } = alarms(3_600, { loss: 0.1, roundTripMs: 300, packetsPerSecond: 50 });
    expect([suspect < 5, dead]).toEqual([true, 0]);
  });

  it('is taken for a dead one a few times an hour when it loses three of ten packets in each direction, and a round trip takes two seconds', () => {
    const { suspect, dead } = alarms(3_600, { loss: 0.3, roundTripMs: 2_000, packetsPerSecond: 50 });
    expect([suspect < 60, dead < 15]).toEqual([true, true]);
  });
});

describe('a watched connection', () => {
  beforeEach(() => { vi.useFakeTimers(); });
  afterEach(() => { vi.useRealTimers(); });

  it('is lost once when its path is dead, and is measured no more', async () => {
    const connection = new FakePeerConnection({}, 0);
    let checks = 0;
    const measure = vi.spyOn(connection, 'getStats').mockImplementation(async () => new Map<string, unknown>([
      ['pair', { type: 'candidate-pair', bytesReceived: Math.min(checks, 1) * 9_000, responsesReceived: 1, requestsSent: ++checks }], ['transport', { type: 'transport', selectedCandidatePairId: 'pair' }],
    ]));
    const lost = vi.fn();
    watchConnection(connection as unknown as RTCPeerConnection, { patience: () => 0, now: Date.now }, { connected: () => undefined, steady: () => undefined, lost });
    connection.setConnectionState('connected');
    await vi.advanceTimersByTimeAsync(4_500);
    expect(lost).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1_000);
    const measured = measure.mock.calls.length;
    await vi.advanceTimersByTimeAsync(10_000);
    expect([lost.mock.calls.length, measure.mock.calls.length]).toEqual([1, measured]);
  });

  it.each([['constant', 0, 0], ['growing', 500, 1]])('in a browser that does not count checks is steady only when packets arrive (%s)', async (_, bytesPerSecond, expected) => {
    const connection = new FakePeerConnection({}, 0);
    const since = Date.now();
    connection.getStats = async () => new Map<string, unknown>([['pair', { type: 'candidate-pair', selected: true, bytesReceived: 1 + bytesPerSecond * (Date.now() - since) }]]);
    const steady = vi.fn();
    watchConnection(connection as unknown as RTCPeerConnection, { patience: () => 0, now: Date.now }, { connected: () => undefined, steady, lost: () => undefined });
    connection.setConnectionState('connected');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(steady).toHaveBeenCalledTimes(expected);
  });

  it('without a known path is not steady', async () => {
    const connection = new FakePeerConnection({}, 0);
    const steady = vi.fn();
    watchConnection(connection as unknown as RTCPeerConnection, { patience: () => 0, now: Date.now }, { connected: () => undefined, steady, lost: () => undefined });
    connection.setConnectionState('connected');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(steady).not.toHaveBeenCalled();
  });

  it('that is interrupted for long is given up without patience as soon as none is left', async () => {
    const connection = new FakePeerConnection({}, 0);
    let patience = 3_000;
    const lost = vi.fn();
    watchConnection(connection as unknown as RTCPeerConnection, { patience: () => patience, now: Date.now }, { connected: () => undefined, steady: () => undefined, lost });
    connection.setConnectionState('connected');
    connection.setConnectionState('disconnected');
    await vi.advanceTimersByTimeAsync(3_500);
    patience = 0;
    expect(lost).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(lost).toHaveBeenCalledExactlyOnceWith('silent');
  });

  it.each([[1_000, 0], [5_900, 0], [6_100, 1]])('that is interrupted for %i ms is lost %i times', async (milliseconds, expected) => {
    const connection = new FakePeerConnection({}, 0);
    const lost = vi.fn();
    watchConnection(connection as unknown as RTCPeerConnection, { patience: () => 3_000, now: Date.now }, { connected: () => undefined, steady: () => undefined, lost });
    connection.setConnectionState('connected');
    connection.setConnectionState('disconnected');
    await vi.advanceTimersByTimeAsync(milliseconds);
    connection.setConnectionState('connected');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(lost).toHaveBeenCalledTimes(expected);
  });
});
