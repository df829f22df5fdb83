import { describe, expect, it } from 'vitest';
import { assessQuality, summarize, type StatsReading } from '../src/features/stats/summary.js';

const owners = [
  { mid: '0', participantId: 'bob' }, { mid: '1', participantId: 'bob' },
  { mid: '2', participantId: 'eve' },
];

function reading(at: number, bytes: number, received: number, lost: number, more: { rtt?: number; sendLoss?: number } = {}): StatsReading {
  return {
    at,
    publish: [
      { id: 'pair', type: 'candidate-pair', nominated: true, state: 'succeeded', currentRoundTripTime: more.rtt ?? 0.02 },
      { id: 'out', type: 'outbound-rtp', bytesSent: bytes * 2 },
      { id: 'remote', type: 'remote-inbound-rtp', fractionLost: more.sendLoss ?? 0 },
    ],
    subscribe: [
      { id: 'v', type: 'inbound-rtp', kind: 'video', mid: '0', bytesReceived: bytes, packetsReceived: received, packetsLost: lost, framesDecoded: 90, jitter: 0.012, frameWidth: 640, frameHeight: 360, framesPerSecond: 30 },
      { id: 'a', type: 'inbound-rtp', kind: 'audio', mid: '1', bytesReceived: 0, packetsReceived: 0, packetsLost: 0, audioLevel: 0.4, jitter: 0.003 },
    ],
  };
}

describe('statistics', () => {
  it('a summary compares two readings for each participant', () => {
    const summary = summarize(reading(1_000, 10_000, 100, 0), reading(3_000, 60_000, 190, 10), owners);
    expect(summary).toMatchObject({ rttMs: 20, receiveBitrate: 200_000, sendBitrate: 400_000, receiveLossFraction: 0.1, quality: 'poor', hint: 'loss-receiving' });
    const [bob, eve] = summary.participants;
    expect(bob).toEqual({
      participantId: 'bob', bitrate: 200_000, lossFraction: 0.1, jitterMs: 12, framesDecoded: 90, framesPerSecond: 30, frameWidth: 640, frameHeight: 360, audioLevel: 0.4,
    });
    expect(eve).toMatchObject({ participantId: 'eve', bitrate: 0, lossFraction: 0 });
  });

  it('the first reading has an unknown quality', () => {
    expect(summarize(null, reading(1_000, 10_000, 100, 50), owners)).toMatchObject({ quality: 'unknown', hint: 'none', receiveBitrate: 0 });
  });

  it('rates are never negative when the counters of a new connection start at zero', () => {
    const summary = summarize(reading(1_000, 90_000, 900, 40), reading(2_000, 500, 5, 0), owners);
    expect(summary.receiveBitrate).toBe(0);
    expect(summary.receiveLossFraction).toBe(0);
  });

  it.each([
    [20, 0, 0, false, 'good', 'none'],
    [200, 0, 0, false, 'fair', 'high-delay'],
    [400, 0, 0, false, 'poor', 'high-delay'],
    [20, 0.03, 0, false, 'fair', 'loss-sending'],
    [20, 0, 0.03, false, 'fair', 'loss-receiving'],
    [20, 0.08, 0.01, false, 'poor', 'loss-sending'],
    [20, 0, 0, true, 'poor', 'no-media'],
    [null, 0, 0, false, 'unknown', 'none'],
  ] as const)('a round trip of %s ms, a loss of %s sending and %s receiving, and silence %s mean the quality %s with the hint %s', (rtt, send, receive, silent, quality, hint) => {
    expect(assessQuality(rtt, send, receive, silent)).toEqual({ quality, hint });
  });
});
