import { number, text, type StatsRecord } from '../stats/records.js';
import type { DeniedWay, Rung } from './rungs.js';

export interface RungResult {
  readonly rung: Rung;
  /** `failed`: no media gets through. `untried`: the server refused the connection or did not answer, so nothing is known about this way. */
  readonly state: 'trying' | 'connected' | 'failed' | 'untried';
  /** From the offer until media can be sent, or until the WebSocket of a tunnel is open; null unless connected. */
  readonly connectMs: number | null;
  readonly rttMs: number | null;
  /** The fraction of sent packets that the media node did not receive; null where the browser does not tell, and on tunnels. */
  readonly sendLoss: number | null;
  /** Why the relay refused: the code of its error response (RFC 8489 §14.8, RFC 8656 §19), such as 486 when it is full; null otherwise. */
  readonly refusal: number | null;
  /** Whether the relay answered and gave an address (RFC 8656 §7), so that no firewall is in front of it. */
  readonly isAllocated: boolean;
}

/** What the best way carries. The client receives what it sends, so the line may receive more. Bit rates are in bits per second. */
export interface Bandwidth {
  readonly rung: Rung;
  readonly sendBitrate: number;
  /** Whether the browser says that the line limits what it sends, and not its processor or the picture. False where it does not tell. */
  readonly isSendLimited: boolean;
  /** What the largest picture that was sent takes. The media node sends back one of them. On a tunnel, what the server offers. */
  readonly largestSentBitrate: number;
  readonly receiveBitrate: number;
  /** Both null on tunnels, which lose nothing. */
  readonly sendLoss: number | null;
  readonly receiveLoss: number | null;
}

export interface NetworkCheck {
  readonly results: readonly RungResult[];
  /** What the settings of the server, or the browser, deny, so that it is not tried. */
  readonly denied: readonly DeniedWay[];
  /** Null until it is measured, and when the measurement says nothing: a connection did not last, or the page was hidden and drew few pictures. */
  readonly bandwidth: Bandwidth | null;
  readonly isDone: boolean;
}

export const trying = (rung: Rung): RungResult => ({ rung, state: 'trying', connectMs: null, rttMs: null, sendLoss: null, refusal: null, isAllocated: false });

/** The connected way that a call would use: the first kind of path, and of two families the faster one. */
export function bestOf(results: readonly RungResult[]): RungResult | null {
  const connected = results.filter(({ state }) => state === 'connected');
  const path = connected[0]?.rung.path;
  return connected.filter(({ rung }) => rung.path === path).sort((one, other) => (one.rttMs ?? Infinity) - (other.rttMs ?? Infinity) || one.connectMs! - other.connectMs!)[0] ?? null;
}

/** The fewest packets of which a loss says something. */
const minPackets = 50;

/** The time of the last round trip on the path in use, in milliseconds. */
export function roundTripOf(records: readonly StatsRecord[]): number | null {
  const pair = selectedPair(records);
  return typeof pair?.['currentRoundTripTime'] === 'number' ? Math.round(number(pair, 'currentRoundTripTime') * 1000) : null;
}

/** What the browser believes that it can send, in bits per second; 0 where it does not tell. */
export const outgoingEstimateOf = (records: readonly StatsRecord[]): number => number(selectedPair(records), 'availableOutgoingBitrate');

export function sendLossOf(records: readonly StatsRecord[]): number | null {
  const reports = records.filter(({ type }) => type === 'remote-inbound-rtp').map(report => {
    const sent = number(records.find(({ id }) => id === text(report, 'localId')), 'packetsSent');
    return { lost: Math.max(0, number(report, 'packetsLost')), sent };
  });
  const sent = reports.reduce((sum, one) => sum + one.sent, 0);
  return sent < minPackets ? null : Math.min(1, reports.reduce((sum, one) => sum + one.lost, 0) / sent);
}

export function receiveLossOf(records: readonly StatsRecord[]): number | null {
  const inbound = records.filter(({ type }) => type === 'inbound-rtp');
  const lost = inbound.reduce((sum, record) => sum + Math.max(0, number(record, 'packetsLost')), 0);
  const expected = lost + inbound.reduce((sum, record) => sum + number(record, 'packetsReceived'), 0);
  return expected < minPackets ? null : lost / expected;
}

/** Bits per second between two readings that are `seconds` apart. */
export function bitrateOf(earlier: readonly StatsRecord[], later: readonly StatsRecord[], field: 'bytesSent' | 'bytesReceived', seconds: number): number {
  const type = field === 'bytesSent' ? 'outbound-rtp' : 'inbound-rtp';
  const bytes = (records: readonly StatsRecord[]) => records.filter(record => record.type === type).reduce((sum, record) => sum + number(record, field), 0);
  return seconds <= 0 ? 0 : Math.max(0, Math.round(((bytes(later) - bytes(earlier)) * 8) / seconds));
}

/** The bit rate of the largest of the streams that are sent. */
export function largestSentOf(earlier: readonly StatsRecord[], later: readonly StatsRecord[], seconds: number): number {
  return Math.max(0, ...later.filter(({ type }) => type === 'outbound-rtp').map(record => bitrateOf(earlier.filter(({ id }) => id === record.id), [record], 'bytesSent', seconds)));
}

/** Whether the line limits what is sent (https://www.w3.org/TR/webrtc-stats/#rtcqualitylimitationreason-enum). */
export const isLimitedByLine = (records: readonly StatsRecord[]): boolean => records.some(record => record.type === 'outbound-rtp' && text(record, 'qualityLimitationReason') === 'bandwidth');

function selectedPair(records: readonly StatsRecord[]): StatsRecord | undefined {
  const selected = text(records.find(({ type }) => type === 'transport'), 'selectedCandidatePairId');
  return records.find(({ id }) => id === selected) ?? records.find(record => record.type === 'candidate-pair' && record['nominated'] === true && record['state'] === 'succeeded');
}
