export type Quality = 'good' | 'fair' | 'poor' | 'unknown';
/** The likely cause of a bad connection. */
export type QualityHint = 'none' | 'high-delay' | 'loss-sending' | 'loss-receiving' | 'no-media';

export interface ParticipantStats {
  readonly participantId: string;
  readonly bitrate: number;
  readonly lossFraction: number;
  readonly jitterMs: number;
  readonly framesDecoded: number;
  readonly framesPerSecond: number;
  readonly frameWidth: number;
  readonly frameHeight: number;
  readonly audioLevel: number;
}

export interface StatsSummary {
  readonly at: number;
  readonly rttMs: number | null;
  readonly sendBitrate: number;
  readonly sendLossFraction: number;
  readonly receiveBitrate: number;
  readonly receiveLossFraction: number;
  readonly quality: Quality;
  readonly hint: QualityHint;
  readonly participants: readonly ParticipantStats[];
}

export interface MidOwner {
  readonly mid: string;
  readonly participantId: string;
}

/** One reading of both connections. The counters are cumulative; a summary compares two readings. */
export interface StatsReading {
  readonly at: number;
  readonly publish: readonly StatsRecord[];
  readonly subscribe: readonly StatsRecord[];
}

export type StatsRecord = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };

const number = (record: StatsRecord | undefined, field: string): number => {
  const value = record?.[field];
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
};

/** Summarizes what happened between two readings. Without a previous reading, rates are 0 and the quality is unknown. */
export function summarize(previous: StatsReading | null, now: StatsReading, owners: readonly MidOwner[]): StatsSummary {
  const seconds = previous === null ? 0 : Math.max(0.001, (now.at - previous.at) / 1000);
  const earlier = new Map([...previous?.publish ?? [], ...previous?.subscribe ?? []].map(record => [record.id, record]));
  const increase = (record: StatsRecord, field: string): number => Math.max(0, number(record, field) - number(earlier.get(record.id), field));
  const rate = (bytes: number): number => (seconds === 0 ? 0 : Math.round((bytes * 8) / seconds));

  const inbound = now.subscribe.filter(record => record.type === 'inbound-rtp');
  const participants = [...new Set(owners.map(owner => owner.participantId))].map(participantId => {
    const own = inbound.filter(record => owners.some(owner => owner.participantId === participantId && owner.mid === record['mid']));
    const camera = own.find(record => record['kind'] === 'video');
    const audio = own.find(record => record['kind'] === 'audio');
    return {
      participantId,
      bitrate: rate(sum(own, record => increase(record, 'bytesReceived'))),
      lossFraction: lossOf(own, increase),
      jitterMs: Math.round(Math.max(0, ...own.map(record => number(record, 'jitter'))) * 1000),
      framesDecoded: number(camera, 'framesDecoded'),
      framesPerSecond: number(camera, 'framesPerSecond'),
      frameWidth: number(camera, 'frameWidth'),
      frameHeight: number(camera, 'frameHeight'),
      audioLevel: number(audio, 'audioLevel'),
    };
  });

  const rttMs = roundTrip([...now.publish, ...now.subscribe]);
  const remoteInbound = now.publish.filter(record => record.type === 'remote-inbound-rtp');
  const sendLossFraction = Math.max(0, ...remoteInbound.map(record => number(record, 'fractionLost')));
  const receiveLossFraction = lossOf(inbound, increase);
  const receiveBitrate = rate(sum(inbound, record => increase(record, 'bytesReceived')));
  const assessment = previous === null ? unknownQuality : assessQuality(rttMs, sendLossFraction, receiveLossFraction, owners.length > 0 && receiveBitrate === 0);
  return {
    at: now.at,
    rttMs,
    sendBitrate: rate(sum(now.publish.filter(record => record.type === 'outbound-rtp'), record => increase(record, 'bytesSent'))),
    sendLossFraction,
    receiveBitrate,
    receiveLossFraction,
    ...assessment,
    participants,
  };
}

type Assessment = { quality: Quality; hint: QualityHint };
const unknownQuality: Assessment = { quality: 'unknown', hint: 'none' };

/** Users begin to complain at a loss over 5 % or a round trip over 300 ms. `silent`: tracks exist but nothing is received. */
export function assessQuality(rttMs: number | null, sendLoss: number, receiveLoss: number, silent: boolean): Assessment {
  if (silent) return { quality: 'poor', hint: 'no-media' };
  if (rttMs === null) return unknownQuality;
  const worst = Math.max(sendLoss, receiveLoss);
  const lossHint: QualityHint = sendLoss >= receiveLoss ? 'loss-sending' : 'loss-receiving';
  if (worst > 0.05) return { quality: 'poor', hint: lossHint };
  if (rttMs > 300) return { quality: 'poor', hint: 'high-delay' };
  if (worst > 0.02) return { quality: 'fair', hint: lossHint };
  if (rttMs > 150) return { quality: 'fair', hint: 'high-delay' };
  return { quality: 'good', hint: 'none' };
}

function roundTrip(records: readonly StatsRecord[]): number | null {
  const pairs = records.filter(record => record.type === 'candidate-pair' && record['nominated'] === true && record['state'] === 'succeeded');
  const times = pairs.filter(record => typeof record['currentRoundTripTime'] === 'number').map(record => number(record, 'currentRoundTripTime'));
  return times.length === 0 ? null : Math.round(Math.max(...times) * 1000);
}

function lossOf(records: readonly StatsRecord[], increase: (record: StatsRecord, field: string) => number): number {
  const lost = sum(records, record => increase(record, 'packetsLost'));
  const received = sum(records, record => increase(record, 'packetsReceived'));
  return lost + received === 0 ? 0 : lost / (lost + received);
}

const sum = (records: readonly StatsRecord[], of: (record: StatsRecord) => number): number =>
  records.reduce((total, record) => total + of(record), 0);
