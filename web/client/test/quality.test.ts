import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { reportOf } from '../src/features/quality/report.js';
import type { MediaPath } from '../src/features/stats/path.js';
import type { StatsSummary } from '../src/features/stats/summary.js';
import type { TrackStats } from '../src/features/stats/track-stats.js';
import { participant, settle } from './fakes.js';
import { joinedMeeting } from './join.js';

const track = (participantId: string, more: Partial<TrackStats> = {}): TrackStats => ({
  participantId, source: 'camera', direction: 'receive', bitrate: 700_400, lossFraction: 0.01234, jitterMs: 12, framesPerSecond: 29.6, frameWidth: 640, frameHeight: 360,
  frozenFraction: 0.5, concealedFraction: 0, coarseFraction: 0, codec: 'VP8', layers: [], limitation: null, ...more,
});
const summary = (more: Partial<StatsSummary> = {}): StatsSummary => ({
  at: 0, rttMs: 40, sendBitrate: 900_000, sendLossFraction: 0, receiveBitrate: 1_500_000, receiveLossFraction: 0.02, quality: 'good', hint: 'none', paths: [],
  tracks: [track('bob')], tiles: [{ participantId: 'bob', source: 'camera', quality: 'weak' }], ...more,
});

describe('a quality report', () => {
  it('has the line and each received track, and nothing else', () => {
    const tracks = [track('me', { direction: 'send' }), track('bob'), track('bob', { source: 'microphone', frameHeight: 0 }), track('hidden')];
    expect(reportOf(summary({ tracks }), { firstFrameMs: 620 })).toEqual({
      type: 'quality', rttMs: 40, sendLoss: 0, receiveLoss: 0.02, sendKbps: 900, receiveKbps: 1_500, firstFrameMs: 620,
      tracks: [
        { participantId: 'bob', source: 'camera', quality: 'weak', kbps: 700, loss: 0.012, jitterMs: 12, frozen: 0.5, fps: 30, height: 360 },
        { participantId: 'bob', source: 'microphone', quality: 'weak', kbps: 700, loss: 0.012, jitterMs: 12, frozen: 0.5 },
      ],
    });
  });

  it('has the path of media, and why it is no better', () => {
    const path: MediaPath = { isDirect: false, use: 'send', kind: 'tcp', reason: 'udp-unanswered', blocked: [{ protocol: 'udp', address: '203.0.113.7', port: 42000 }], type: 'host', protocol: 'tcp', family: 'ipv4', rttMs: 20 };
    const report = reportOf(summary({ paths: [path] }), { gatheringMs: 12 });
    expect(report).toMatchObject({ path: 'tcp', pathReason: 'udp-unanswered', gatheringMs: 12 });
    expect(JSON.stringify(report)).not.toContain('203.0.113.7');
    expect(reportOf(summary({ paths: [{ ...path, kind: null, reason: null }] }), {})).not.toHaveProperty('path');
    for (const reason of ['relay-only', 'relay-refused'] as const) { // servers do not know these reasons
      const limited = reportOf(summary({ paths: [{ ...path, kind: 'relay-udp', reason }] }), {});
      expect(limited).toMatchObject({ path: 'relay-udp' });
      expect(limited).not.toHaveProperty('pathReason');
    }
  });

  it('the worst tracks are in a report when not all fit', () => {
    const ids = Array.from({ length: 80 }, (_, index) => `p-${index}`);
    const tiles = ids.map((participantId, index) => ({ participantId, source: 'camera' as const, quality: index === 79 ? 'poor' as const : 'good' as const }));
    const { tracks } = reportOf(summary({ tracks: ids.map(id => track(id)), tiles }), {});
    expect(tracks).toHaveLength(64);
    expect(tracks[0]!.participantId).toBe('p-79');
  });
});

describe('quality reports of a meeting', () => {
  beforeEach(() => { vi.useFakeTimers(); });
  afterEach(() => { vi.useRealTimers(); });

  const withQuality = { capabilities: { quality: true } };
  const receiving = async (more: object) => {
    const joined = await joinedMeeting([participant('bob')], more);
    joined.server.offer('s1', 1, [{ mid: '0', participantId: 'bob', kind: 'video', source: 'camera' }], 's1');
    await settle();
    const connection = joined.server.connections[0]!;
    connection.setConnectionState('connected');
    let bytes = 0;
    const network = { protocol: 'udp' };
    const count = () => {
      bytes += 100_000;
      connection.stats = new Map<string, unknown>([
        ['transport', { id: 'transport', type: 'transport', selectedCandidatePairId: 'pair' }],
        ['pair', { id: 'pair', type: 'candidate-pair', nominated: true, state: 'succeeded', currentRoundTripTime: 0.04, localCandidateId: 'local' }],
        ['local', { id: 'local', type: 'local-candidate', candidateType: 'host', protocol: network.protocol }],
        ['v', { id: 'v', type: 'inbound-rtp', kind: 'video', mid: '0', bytesReceived: bytes, packetsReceived: bytes / 1000, packetsLost: 0, framesDecoded: bytes / 1000, frameHeight: 360 }],
      ]);
    };
    count();
    const pass = async (times: number) => {
      for (let time = 0; time < times; time++) {
        await vi.advanceTimersByTimeAsync(10_000);
        await settle();
        count();
      }
    };
    return { ...joined, connection, network, pass };
  };

  it('a report is sent every ten seconds, from the second measurement on', async () => {
    const { server, pass } = await receiving(withQuality);
    await pass(4);
    const reports = server.socket.sentOf('quality');
    expect(reports).toHaveLength(3);
    expect(reports[0]).toMatchObject({ rttMs: 40, tracks: [{ participantId: 'bob', source: 'camera', quality: 'good', height: 360 }] });
  });

  it('the time from the join to the first picture is reported once', async () => {
    const { server, meeting, pass } = await receiving(withQuality);
    await vi.advanceTimersByTimeAsync(620);
    meeting.reportPicture();
    await vi.advanceTimersByTimeAsync(5_000);
    meeting.reportPicture();
    await pass(4);
    const times = server.socket.sentOf('quality').map(({ firstFrameMs }) => firstFrameMs);
    expect(times[0]).toBeGreaterThanOrEqual(620);
    expect(times[0]).toBeLessThan(5_000);
    expect(times.slice(1).every(time => time === undefined)).toBe(true);
  });

  it('each report has the path that media takes then', async () => {
    const { server, network, pass } = await receiving(withQuality);
    await pass(2);
    network.protocol = 'tcp';
    await pass(2);
    expect(server.socket.sentOf('quality').map(({ path }) => path)).toEqual(['udp', 'udp', 'tcp']);
  });

  it('a way that does not work is reported once', async () => {
    const { server, connection, pass } = await receiving(withQuality);
    const url = 'turn:203.0.113.9:3478?transport=tcp';
    connection.configuration = { iceServers: [{ urls: url, username: 'ada', credential: 'secret' }] };
    connection.emit('icecandidateerror', { url, errorCode: 486 });
    await pass(4);
    expect(server.socket.sentOf('quality').map(({ pathFailures }) => pathFailures)).toEqual([[{ path: 'relay-tcp', reason: 'quota', count: 1 }], undefined, undefined]);
  });

  it('a connection that does not get through is reported too', async () => {
    const { server, connection, pass } = await receiving(withQuality);
    await pass(1);
    connection.stats = new Map<string, unknown>([
      ['pair', { id: 'pair', type: 'candidate-pair', state: 'failed', localCandidateId: 'local', remoteCandidateId: 'node' }],
      ['local', { id: 'local', type: 'local-candidate', candidateType: 'host', protocol: 'udp' }],
      ['node', { id: 'node', type: 'remote-candidate', protocol: 'udp', address: '203.0.113.7', port: 42000 }],
    ]);
    await vi.advanceTimersByTimeAsync(10_000);
    await settle();
    expect(server.socket.sentOf('quality').at(-1)).toMatchObject({ path: 'none', pathReason: 'direct-unanswered' });
  });

  it('the time in which the first connection gathered candidates is reported once', async () => {
    const { server, connection, pass } = await receiving(withQuality);
    connection.gather('gathering');
    await vi.advanceTimersByTimeAsync(150);
    connection.gather('complete');
    connection.gather('gathering');
    await vi.advanceTimersByTimeAsync(500);
    connection.gather('complete');
    await pass(4);
    expect(server.socket.sentOf('quality').map(({ gatheringMs }) => gatheringMs)).toEqual([150, undefined, undefined]);
  });

  it('a server without the capability gets no report, nor does a closed meeting', async () => {
    const old = await receiving({});
    await old.pass(4);
    expect(old.server.socket.sentOf('quality')).toEqual([]);
    const { server, meeting, pass } = await receiving(withQuality);
    meeting.leave();
    await pass(4);
    expect(server.socket.sentOf('quality')).toEqual([]);
  });
});
