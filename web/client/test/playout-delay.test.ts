import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { browserDecides, nextPlayout, type Playout } from '../src/features/media/playout-delay.js';
import { participant, settle } from './fakes.js';
import { joinedMeeting } from './join.js';

const camera = { mid: '0', participantId: 'bob', kind: 'video', source: 'camera' } as const;
const voice = { mid: '1', participantId: 'bob', kind: 'audio', source: 'microphone' } as const;

describe('the playout delay', () => {
  const after = (previous: Playout, requests: number, rttMs = 50, { videoPackets = 100, freezes = 0 } = {}): Playout => nextPlayout(previous, { videoPackets, requests, freezes, rttMs });

  it.each([[0, 150], [50, 200], [150, 350], [200, 400], [5_000, 500]])('at a round trip of %i ms leaves time for a repeated packet: %i ms', (rttMs, targetMs) => {
    expect(after(browserDecides, 5, rttMs).targetMs).toBe(targetMs);
  });

  it('is left to the browser when almost nothing is lost, or nothing is received', () => {
    expect(after(browserDecides, 0).targetMs).toBeNull();
    expect(after(browserDecides, 9, 50, { videoPackets: 1_000 }).targetMs).toBeNull();
    expect(after(browserDecides, 10, 50, { videoPackets: 10 }).targetMs).toBeNull();
    expect(after(browserDecides, 0, 50, { freezes: 1 }).targetMs).toBeNull();
  });

  it('grows while the picture still stops, up to half a second', () => {
    let playout = after(browserDecides, 5, 1, { freezes: 1 });
    const targets = [playout.targetMs];
    for (let i = 0; i < 5; i++) targets.push((playout = after(playout, 5, 1, { freezes: 1 })).targetMs);
    expect(targets).toEqual([150, 250, 350, 450, 500, 500]);
  });

  it('does not fall with the round trip, and ends after half a minute without losses', () => {
    let playout = after(after(browserDecides, 5, 150), 5, 50);
    expect(playout.targetMs).toBe(350);
    for (let i = 0; i < 14; i++) playout = after(playout, 0);
    expect(playout.targetMs).toBe(350);
    expect(after(after(playout, 5), 0).targetMs).toBe(350);
    expect(after(playout, 0).targetMs).toBeNull();
  });
});

describe('a connection on a lossy line', () => {
  beforeEach(() => { vi.useFakeTimers(); });
  afterEach(() => { vi.useRealTimers(); });

  it('holds sound and pictures for the same time', async () => {
    const { server } = await joinedMeeting([participant('bob')]);
    server.offer('a', 1, [camera, voice]);
    await settle();
    const [connection] = server.connections;
    const receive = async (packetsReceived: number, nackCount: number) => {
      connection!.stats = new Map<string, unknown>([
        ['video', { type: 'inbound-rtp', kind: 'video', packetsReceived, nackCount }],
        ['pair', { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.05 }],
      ]);
      await vi.advanceTimersByTimeAsync(2_000);
      return connection!.transceivers.map(({ receiver }) => receiver.jitterBufferTarget);
    };
    expect(await receive(100, 0)).toEqual([null, null]);
    expect(await receive(200, 5)).toEqual([200, 200]);
  });
});
