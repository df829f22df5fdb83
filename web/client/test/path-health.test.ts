import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchConnection } from '../src/features/media/connection-watch.js';
import { isDead, nextHealth, pathCounts, type PathCounts, type PathHealth } from '../src/features/media/path-health.js';
import { FakePeerConnection } from './fakes.js';

const counts = (received: number, checks: number | null): PathCounts => ({ received, checks });
/** The number of the first measurement after which the path counts as dead, or 0. */
const deadAt = (measured: readonly (PathCounts | null)[]): number => {
  let health: PathHealth | null = null;
  return 1 + measured.findIndex(now => {
    health = nextHealth(health, now);
    return isDead(health, now);
  });
};

describe('a network path', () => {
  it('is dead after three seconds without a packet, in which three checks got no response', () => {
    expect(deadAt([counts(100, 5), counts(9_000, 5), counts(9_000, 6), counts(9_000, 7), counts(9_000, 9)])).toBe(5);
  });

  it('that was idle is dead after five checks without a response', () => {
    expect(deadAt([counts(100, 5), counts(100, 6), counts(100, 7), counts(100, 8), counts(100, 9), counts(100, 10)])).toBe(6);
  });

  it.each([
    ['it is idle, and its rare checks get responses', Array.from({ length: 60 }, (_, second) => counts(100 + Math.floor(second / 3), 5 + Math.floor(second / 3)))],
    ['it is idle, and three of its checks get lost', [counts(100, 5), counts(100, 6), counts(100, 7), counts(100, 8), counts(100, 9), counts(101, 9)]],
    ['the browser has just woken up and has sent one check', [counts(100, 5), counts(100, 5), counts(100, 5), counts(100, 5), counts(100, 6), counts(101, 7)]],
    ['everything gets lost for two seconds', [counts(100, 5), counts(100, 7), counts(100, 12), counts(101, 17), counts(102, 17)]],
    ['the browser does not count its checks', Array.from({ length: 10 }, () => counts(100, null))],
    ['it is not known', [null, null, null, null, null]],
    ['another pair of candidates was selected, whose counts are lower', [counts(100, 5), counts(100, 9), counts(100, 14), counts(20, 2), counts(20, 3)]],
  ])('is not dead when %s', (_, measured) => {
    expect(deadAt(measured)).toBe(0);
  });

  it('is that of the selected pair, and everything that arrives on it counts', () => {
    const pair = { type: 'candidate-pair', bytesReceived: 1_000, responsesReceived: 3, requestsReceived: 2, requestsSent: 4 };
    const other = { ...pair, requestsSent: 99 };
    const report = (records: object) => new Map(Object.entries(records)) as unknown as RTCStatsReport;
    expect(pathCounts(report({ other, pair, transport: { type: 'transport', selectedCandidatePairId: 'pair' } }))).toEqual(counts(1_005, 4));
    expect(pathCounts(report({ pair, transport: { type: 'transport' } }))).toBeNull();
    expect(pathCounts(report({ pair: { type: 'candidate-pair', bytesReceived: 1 }, transport: { type: 'transport', selectedCandidatePairId: 'pair' } }))).toEqual(counts(1, null));
    expect(pathCounts(report({ other, pair: { type: 'candidate-pair', bytesReceived: 1, selected: true } }))).toEqual(counts(1, null));
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
    watchConnection(connection as unknown as RTCPeerConnection, { patience: () => 0 }, { connected: () => undefined, steady: () => undefined, lost });
    connection.setConnectionState('connected');
    await vi.advanceTimersByTimeAsync(4_500);
    expect(lost).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(10_000);
    expect([lost.mock.calls.length, measure.mock.calls.length]).toEqual([1, 5]);
  });

  it.each([['constant', 0, 0], ['growing', 500, 1]])('in a browser that does not count checks is steady only when packets arrive (%s)', async (_, bytesPerSecond, expected) => {
    const connection = new FakePeerConnection({}, 0);
    const since = Date.now();
    connection.getStats = async () => new Map<string, unknown>([['pair', { type: 'candidate-pair', selected: true, bytesReceived: 1 + bytesPerSecond * (Date.now() - since) }]]);
    const steady = vi.fn();
    watchConnection(connection as unknown as RTCPeerConnection, { patience: () => 0 }, { connected: () => undefined, steady, lost: () => undefined });
    connection.setConnectionState('connected');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(steady).toHaveBeenCalledTimes(expected);
  });

  it('without a known path is not steady', async () => {
    const connection = new FakePeerConnection({}, 0);
    const steady = vi.fn();
    watchConnection(connection as unknown as RTCPeerConnection, { patience: () => 0 }, { connected: () => undefined, steady, lost: () => undefined });
    connection.setConnectionState('connected');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(steady).not.toHaveBeenCalled();
  });

  it('that is interrupted for long is given up without patience as soon as none is left', async () => {
    const connection = new FakePeerConnection({}, 0);
    let patience = 3_000;
    const lost = vi.fn();
    watchConnection(connection as unknown as RTCPeerConnection, { patience: () => patience }, { connected: () => undefined, steady: () => undefined, lost });
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
    watchConnection(connection as unknown as RTCPeerConnection, { patience: () => 3_000 }, { connected: () => undefined, steady: () => undefined, lost });
    connection.setConnectionState('connected');
    connection.setConnectionState('disconnected');
    await vi.advanceTimersByTimeAsync(milliseconds);
    connection.setConnectionState('connected');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(lost).toHaveBeenCalledTimes(expected);
  });
});
