import { describe, expect, it } from 'vitest';
import { coarseness } from '../src/features/stats/coarseness.js';
import { remember } from '../src/features/stats/history.js';
import { pathsOf } from '../src/features/stats/path.js';
import { measureQuality, settleQuality, type QualityInput, type ShownQuality, type TrackQuality } from '../src/features/stats/quality.js';
import type { StatsReading } from '../src/features/stats/records.js';
import { assessQuality, summarize, type StatsContext, type StatsSummary } from '../src/features/stats/summary.js';

const context = (more: Partial<StatsContext> = {}): StatsContext => ({
  selfId: 'me',
  received: [
    { mid: '0', participantId: 'bob', source: 'camera' }, { mid: '1', participantId: 'bob', source: 'microphone' },
    { mid: '2', participantId: 'eve', source: 'camera' },
  ],
  sent: new Map([['0', 'camera']]),
  expects: participantId => participantId === 'bob',
  isPaused: () => false,
  ...more,
});

interface Counters { bytes: number; received: number; lost?: number; frames?: number; freezes?: number; concealed?: number; level?: number; qp?: number; rtt?: number; sendLost?: number; limitation?: string }

function reading(at: number, { bytes, received, lost = 0, frames = at / 50, freezes = 0, concealed = 0, level = 0.1, qp = 0, rtt = 0.02, sendLost = 0, limitation = 'none' }: Counters): StatsReading {
  return {
    at,
    publish: [
      { id: 'pair', type: 'candidate-pair', nominated: true, state: 'succeeded', currentRoundTripTime: rtt, localCandidateId: 'local', remoteCandidateId: 'node' },
      { id: 'local', type: 'local-candidate', candidateType: 'relay', protocol: 'udp', relayProtocol: 'tls', address: '192.0.2.7' },
      { id: 'node', type: 'remote-candidate', address: '2001:db8::7' },
      { id: 'f', type: 'outbound-rtp', mid: '0', rid: 'f', bytesSent: bytes, packetsSent: received, frameWidth: 1280, frameHeight: 720, framesPerSecond: 30, codecId: 'vp8', qualityLimitationReason: limitation },
      { id: 'q', type: 'outbound-rtp', mid: '0', rid: 'q', bytesSent: bytes, frameWidth: 320, frameHeight: 180, framesPerSecond: 30, codecId: 'vp8' },
      { id: 'h', type: 'outbound-rtp', mid: '0', rid: 'h', bytesSent: 9, codecId: 'vp8' },
      { id: 'remote', type: 'remote-inbound-rtp', localId: 'f', packetsLost: sendLost, jitter: 0.004 },
      { id: 'vp8', type: 'codec', mimeType: 'video/VP8' },
    ],
    subscribe: [
      {
        id: 'v', type: 'inbound-rtp', kind: 'video', mid: '0', bytesReceived: bytes, packetsReceived: received, packetsLost: lost, framesDecoded: frames, totalFreezesDuration: freezes,
        qpSum: frames * qp, jitter: 0.012, frameWidth: 640, frameHeight: 360, framesPerSecond: 30, codecId: 'vp9',
      },
      { id: 'a', type: 'inbound-rtp', kind: 'audio', mid: '1', bytesReceived: 0, packetsReceived: 0, packetsLost: 0, jitter: 0.003, totalSamplesReceived: at * 48, concealedSamples: concealed, totalSamplesDuration: at / 1_000, totalAudioEnergy: level ** 2 * at / 1_000 },
      { id: 'vp9', type: 'codec', mimeType: 'video/VP9' },
    ],
  };
}

const first = reading(1_000, { bytes: 10_000, received: 100 });

describe('statistics', () => {
  it('a summary compares two readings for each track', () => {
    const { summary } = summarize(first, reading(3_000, { bytes: 60_000, received: 190, lost: 10 }), context());
    expect(summary).toMatchObject({ rttMs: 20, receiveBitrate: 200_000, sendBitrate: 400_000, receiveLossFraction: 0.1, quality: 'poor', hint: 'loss-receiving' });
    const [own, bob] = summary.tracks;
    expect(own).toMatchObject({ participantId: 'me', source: 'camera', direction: 'send', bitrate: 400_000, frameHeight: 720, codec: 'VP8', layers: ['f', 'q'], jitterMs: 4, limitation: null });
    expect(bob).toMatchObject({
      participantId: 'bob', source: 'camera', direction: 'receive', bitrate: 200_000, lossFraction: 0.1, jitterMs: 12, framesPerSecond: 30, frameWidth: 640, frameHeight: 360, codec: 'VP9', frozenFraction: 0,
    });
  });

  it.each([2, 10])('one lost packet of a microphone that hears nothing says nothing about the line, within %i seconds', seconds => {
    const packets = 5 * seconds;
    const { summary } = summarize(first, reading(1_000 + seconds * 1_000, { bytes: 10_100, received: 100 + packets - 1, lost: 1, sendLost: 1 }), context({ expects: () => false }));
    expect(summary).toMatchObject({ sendLossFraction: 0, receiveLossFraction: 0, quality: 'good' });
    expect(summary.tracks.map(({ lossFraction }) => lossFraction)).toEqual([0, 0, 0]);
  });

  it('several microphones that hear nothing do not add up to a bad line', () => {
    const silent = (at: number, received: number, lost: number): StatsReading => ({
      at, publish: first.publish, subscribe: ['x', 'y', 'z'].map(id => ({ id, type: 'inbound-rtp', kind: 'audio', bytesReceived: received, packetsReceived: received, packetsLost: lost })),
    });
    expect(summarize(silent(1_000, 100, 0), silent(3_000, 109, 1), context()).summary.receiveLossFraction).toBe(0);
  });

  it.each([[0.1, 0.15, 'poor'], [0.004, 0, 'good']] as const)('sound of the level %f, of which the browser made up a part, has a concealed fraction of %f', (level, fraction, quality) => {
    const { summary } = summarize(reading(1_000, { bytes: 0, received: 0, level }), reading(3_000, { bytes: 60_000, received: 200, concealed: 0.15 * 2 * 48_000, level }), context());
    expect(summary.tracks[2]!.concealedFraction).toBeCloseTo(fraction);
    expect(summary.tiles).toContainEqual({ participantId: 'bob', source: 'camera', quality });
  });

  it('losses of what is sent are those that the server reports', () => {
    const { summary } = summarize(first, reading(3_000, { bytes: 60_000, received: 200, sendLost: 6 }), context());
    expect(summary).toMatchObject({ sendLossFraction: 0.06, quality: 'poor', hint: 'loss-sending' });
  });

  it('a summary names the type of the network path and no address', () => {
    const { summary } = summarize(first, first, context());
    expect(summary.paths).toEqual([{ isDirect: false, use: 'send', kind: 'relay-tls', reason: null, blocked: [], type: 'relay', protocol: 'tls', family: 'ipv6', rttMs: 20 }]);
    expect(JSON.stringify(summary)).not.toMatch(/192\.0\.2\.7|2001:db8/);
  });

  it.each([['192.0.2.9', 'ipv4'], ['::1', 'ipv6'], ['1f2e.local', null], [undefined, null]])('the family of %s is %s', (address, family) => {
    const [path] = pathsOf([
      { id: 'pair', type: 'candidate-pair', nominated: true, state: 'succeeded', localCandidateId: 'local', remoteCandidateId: 'node' },
      { id: 'node', type: 'remote-candidate', ...(address === undefined ? {} : { address }) },
    ], 'send');
    expect(path?.family).toBe(family);
  });

  it('the first reading has an unknown quality, and no tile has one', () => {
    expect(summarize(null, first, context()).summary).toMatchObject({ quality: 'unknown', hint: 'none', receiveBitrate: 0, tiles: [] });
  });

  it('rates are never negative when the counters of a new connection start at zero', () => {
    const { summary } = summarize(reading(1_000, { bytes: 90_000, received: 900, lost: 40 }), reading(2_000, { bytes: 500, received: 5 }), context());
    expect(summary.receiveBitrate).toBe(0);
    expect(summary.receiveLossFraction).toBe(0);
  });

  it('a picture that stands still is seen while it does, although the browser counts a freeze only when it ends', () => {
    const running = summarize(first, reading(3_000, { bytes: 20_000, received: 150 }), context());
    const standing = summarize(reading(3_000, { bytes: 20_000, received: 150, frames: 60 }), reading(5_000, { bytes: 30_000, received: 200, frames: 60 }), context(), running.shown);
    expect(running.summary.tiles).toContainEqual({ participantId: 'bob', source: 'camera', quality: 'good' });
    expect(standing.summary.tiles).toContainEqual({ participantId: 'bob', source: 'camera', quality: 'poor' });
  });

  it('a picture that has just come into view does not stand still, although nothing was decoded before', () => {
    const standing = reading(3_000, { bytes: 20_000, received: 150, frames: 60 });
    const { summary } = summarize(standing, { ...standing, at: 5_000 }, context());
    expect(summary.tiles).toContainEqual({ participantId: 'bob', source: 'camera', quality: 'good' });
  });

  it.each([
    ['few bits and a coarse picture', 10_000, 230, 'poor'], ['few bits for a picture in which nothing moves', 10_000, 40, 'good'],
    ['many bits for a difficult picture', 90_000, 230, 'good'], ['half the bits and a coarse picture', 45_000, 230, 'weak'],
  ] as const)('%s: the tile is %s', (_, bytes, qp, quality) => {
    const { summary } = summarize(reading(1_000, { bytes: 0, received: 0, qp }), reading(3_000, { bytes, received: 100, qp }), context());
    expect(summary.tiles).toContainEqual({ participantId: 'bob', source: 'camera', quality });
  });

  it('a freeze that has ended counts with its duration', () => {
    const { summary } = summarize(first, reading(3_000, { bytes: 20_000, received: 150, freezes: 0.5 }), context());
    expect(summary.tracks[1]!.frozenFraction).toBe(0.25);
  });

  it('a picture that the page does not show, or that its sender has turned off, has no quality', () => {
    const { summary } = summarize(first, reading(3_000, { bytes: 10_000, received: 100, frames: 20 }), context({ expects: () => false }));
    expect(summary.tiles.find(tile => tile.participantId === 'bob')?.quality).toBe('good'); // of the sound
    expect(summary.tiles.some(tile => tile.participantId === 'eve')).toBe(false);
  });

  it('a paused picture marks its tile at once, and the hint says that the line is narrow', () => {
    const isPaused = (participantId: string, source: string): boolean => participantId === 'eve' && source === 'camera';
    const { summary } = summarize(first, reading(3_000, { bytes: 20_000, received: 150 }), context({ isPaused }));
    expect(summary.tiles).toContainEqual({ participantId: 'eve', source: 'camera', quality: 'paused' });
    expect(summary).toMatchObject({ quality: 'poor', hint: 'narrow-receiving' });
  });

  it('a line on which no one sends anything that the page shows or plays is not bad', () => {
    const { summary } = summarize(first, { ...first, at: 3_000 }, context({ expects: () => false }));
    expect(summary).toMatchObject({ receiveBitrate: 0, quality: 'good', hint: 'none' });
  });

  it('the history has the last two minutes', () => {
    let history: readonly StatsSummary[] = [];
    for (let at = 0; at <= 300_000; at += 2_000) history = remember(history, { at } as StatsSummary);
    expect([history.length, history[0]!.at, history.at(-1)!.at]).toEqual([60, 182_000, 300_000]);
  });

  it.each([
    [{}, 'good', 'none'],
    [{ rttMs: 200 }, 'weak', 'high-delay'],
    [{ rttMs: 400 }, 'poor', 'high-delay'],
    [{ sendLossFraction: 0.03 }, 'weak', 'loss-sending'],
    [{ receiveLossFraction: 0.03 }, 'weak', 'loss-receiving'],
    [{ sendLossFraction: 0.08, receiveLossFraction: 0.01 }, 'poor', 'loss-sending'],
    [{ silent: true }, 'poor', 'no-media'],
    [{ paused: true, receiveLossFraction: 0.08 }, 'poor', 'narrow-receiving'],
    [{ limitation: 'bandwidth' }, 'weak', 'narrow-sending'],
    [{ limitation: 'cpu' }, 'good', 'busy-device'],
    [{ rttMs: null }, 'unknown', 'none'],
  ] as const)('a line with %o has the quality %s and the hint %s', (input, quality, hint) => {
    expect(assessQuality({ rttMs: 20, sendLossFraction: 0, receiveLossFraction: 0, silent: false, paused: false, limitation: null, ...input })).toEqual({ quality, hint });
  });
});

describe('the coarseness of a picture', () => {
  it.each([
    [{ bitrate: 120_000, codec: 'VP8', height: 720, quantizer: 110 }, 0.9], [{ bitrate: 120_000, codec: 'VP8', height: 720, quantizer: 95 }, 0],
    [{ bitrate: 120_000, codec: 'VP8', height: 180, quantizer: 110 }, 0.2], [{ bitrate: 40_000, codec: 'H264', height: 300, quantizer: 45 }, 0.9],
    [{ bitrate: 2_000_000, codec: 'AV1', height: 1080, quantizer: 240 }, 0], [{ bitrate: 1_000, codec: 'VP9', height: 720, quantizer: null }, 0],
    [{ bitrate: 1_000, codec: 'H265', height: 720, quantizer: 50 }, 0], [{ bitrate: 1_000, codec: null, height: 720, quantizer: 255 }, 0],
    [{ bitrate: 1_000, codec: 'VP8', height: 0, quantizer: 127 }, 0],
  ] as const)('%o is %f', (input, fraction) => {
    expect(coarseness(input)).toBeCloseTo(fraction);
  });
});

describe('the quality of a tile', () => {
  const fine: QualityInput = { paused: false, silent: false, rttMs: 20, lossFraction: 0, jitterMs: 5, frozenFraction: 0, concealedFraction: 0, coarseFraction: 0 };

  it.each([
    [{}, 'good'], [{ rttMs: null }, 'good'],
    [{ rttMs: 150 }, 'good'], [{ rttMs: 151 }, 'weak'], [{ rttMs: 301 }, 'poor'],
    [{ lossFraction: 0.02 }, 'good'], [{ lossFraction: 0.03 }, 'weak'], [{ lossFraction: 0.06 }, 'poor'],
    [{ jitterMs: 40 }, 'good'], [{ jitterMs: 41 }, 'weak'], [{ jitterMs: 101 }, 'poor'],
    [{ frozenFraction: 0.05 }, 'good'], [{ frozenFraction: 0.1 }, 'weak'], [{ frozenFraction: 0.3 }, 'poor'],
    [{ coarseFraction: 0.5 }, 'good'], [{ coarseFraction: 0.6 }, 'weak'], [{ coarseFraction: 0.9 }, 'poor'],
    [{ concealedFraction: 0.03 }, 'good'], [{ concealedFraction: 0.04 }, 'weak'], [{ concealedFraction: 0.11 }, 'poor'],
    [{ silent: true }, 'poor'], [{ paused: true }, 'paused'], [{ paused: true, silent: true }, 'paused'],
    [{ rttMs: 200, lossFraction: 0.06 }, 'poor'],
  ] as const)('a measurement of %o is %s', (input, quality) => {
    expect(measureQuality({ ...fine, ...input })).toBe(quality);
  });

  const shownAfter = (measured: readonly TrackQuality[], frozen = false): TrackQuality[] => {
    let shown: ShownQuality | undefined;
    return measured.map((quality, index) => (shown = settleQuality(shown, quality, frozen && index === measured.length - 1)).quality);
  };

  it.each([
    ['a single bad interval is not shown', ['good', 'poor', 'good', 'good'], ['good', 'good', 'good', 'good']],
    ['two bad intervals are shown', ['good', 'weak', 'weak'], ['good', 'good', 'weak']],
    ['the worse of two bad intervals counts when it is the last', ['good', 'weak', 'poor'], ['good', 'good', 'poor']],
    ['three good intervals end it', ['poor', 'good', 'good', 'good'], ['poor', 'poor', 'poor', 'good']],
    ['a bad interval between good ones starts the count again', ['poor', 'good', 'good', 'poor', 'good', 'good', 'good'], ['poor', 'poor', 'poor', 'poor', 'poor', 'poor', 'good']],
    ['a quality that changes at every interval is steady', ['good', 'poor', 'good', 'poor', 'good'], ['good', 'good', 'good', 'good', 'good']],
    ['paused is shown and ends at once', ['good', 'paused', 'good'], ['good', 'paused', 'good']],
  ] as const)('%s', (_, measured, shown) => {
    expect(shownAfter(measured)).toEqual(shown);
  });

  it('a picture that stands still is shown at once', () => {
    expect(shownAfter(['good', 'poor'], true)).toEqual(['good', 'poor']);
  });
});
