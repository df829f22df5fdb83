import type { TrackSource } from '../../core/wire-types.js';
import { coarseness } from './coarseness.js';
import { number, text, type Interval, type StatsRecord } from './records.js';

/** One track in one interval. Fractions are from 0 to 1. */
export interface TrackStats {
  readonly participantId: string;
  readonly source: TrackSource;
  readonly direction: 'send' | 'receive';
  /** Bits per second. */
  readonly bitrate: number;
  readonly lossFraction: number;
  readonly jitterMs: number;
  /** 0 without a picture, as the next three. */
  readonly framesPerSecond: number;
  readonly frameWidth: number;
  readonly frameHeight: number;
  /** The part of the interval in which the picture stood still, also while it still does. */
  readonly frozenFraction: number;
  readonly concealedFraction: number;
  /** Received cameras: how much is missing in the picture for want of bits (`coarseness`), from 0 to 1. */
  readonly coarseFraction: number;
  /** Such as `VP8` or `opus`; null while unknown. */
  readonly codec: string | null;
  /** Sent tracks: the RIDs of the layers that are sent now. Received tracks: always empty, because the node hides the layer that it chose; its size tells. */
  readonly layers: readonly string[];
  /** Sent tracks: what keeps the browser from sending more. */
  readonly limitation: 'bandwidth' | 'cpu' | null;
}

export interface MidOwner {
  readonly mid: string;
  readonly participantId: string;
  readonly source: TrackSource;
}

/** The received tracks. A picture counts as frozen when it arrived before and no frame was decoded in the whole interval: `totalFreezesDuration` grows only when a freeze ends. */
export function receivedTracks(interval: Interval, owners: readonly MidOwner[]): TrackStats[] {
  const inbound = interval.now.subscribe.filter(record => record.type === 'inbound-rtp');
  const byMid = new Map(inbound.map(record => [record['mid'], record]));
  return owners.flatMap(({ mid, participantId, source }) => {
    const record = byMid.get(mid);
    if (record === undefined) return [];
    const [bitrate, codec] = [interval.bitrate([record], 'bytesReceived'), codecOf(interval.now.subscribe, record)];
    return [{
      participantId,
      source,
      direction: 'receive' as const,
      bitrate,
      lossFraction: interval.lossOf([record]),
      jitterMs: Math.round(number(record, 'jitter') * 1000),
      framesPerSecond: number(record, 'framesPerSecond'),
      frameWidth: number(record, 'frameWidth'),
      frameHeight: number(record, 'frameHeight'),
      // A screen on which nothing moves sends no frames either.
      frozenFraction: source === 'camera' ? frozenFraction(interval, record) : 0,
      concealedFraction: concealedFraction(interval, record),
      coarseFraction: source === 'camera' ? coarseness({ bitrate, codec, height: number(record, 'frameHeight'), quantizer: quantizerOf(interval, record) }) : 0,
      codec,
      layers: [],
      limitation: null,
    }];
  });
}

/** The tracks that this participant sends. Loss and jitter are what the server reports about them. */
export function sentTracks(interval: Interval, selfId: string, sources: ReadonlyMap<string, TrackSource>): TrackStats[] {
  const { publish } = interval.now;
  const outbound = publish.filter(record => record.type === 'outbound-rtp');
  return [...sources].flatMap(([mid, source]) => {
    const records = outbound.filter(record => record['mid'] === mid);
    const running = records.filter(record => interval.increase(record, 'bytesSent') > 0);
    const [largest] = [...running].sort((a, b) => number(b, 'frameHeight') - number(a, 'frameHeight'));
    if (largest === undefined) return [];
    const reports = publish.filter(record => record.type === 'remote-inbound-rtp' && records.some(one => one.id === record['localId']));
    const limitations = running.map(record => text(record, 'qualityLimitationReason'));
    return [{
      participantId: selfId,
      source,
      direction: 'send' as const,
      bitrate: interval.bitrate(records, 'bytesSent'),
      lossFraction: interval.sendLossOf(records),
      jitterMs: Math.round(Math.max(0, ...reports.map(record => number(record, 'jitter'))) * 1000),
      framesPerSecond: number(largest, 'framesPerSecond'),
      frameWidth: number(largest, 'frameWidth'),
      frameHeight: number(largest, 'frameHeight'),
      frozenFraction: 0,
      concealedFraction: 0,
      coarseFraction: 0,
      codec: codecOf(publish, largest),
      layers: running.map(record => text(record, 'rid')).filter(rid => rid !== null),
      limitation: limitations.includes('cpu') ? 'cpu' as const : limitations.includes('bandwidth') ? 'bandwidth' as const : null,
    }];
  });
}

function frozenFraction(interval: Interval, record: StatsRecord): number {
  if (interval.seconds === 0 || !interval.knows(record) || number(record, 'framesDecoded') === 0) return 0;
  if (interval.increase(record, 'framesDecoded') === 0) return 1;
  return Math.min(1, interval.increase(record, 'totalFreezesDuration') / interval.seconds);
}

/** The mean level of sound, linear from 0 to 1, below which it is background noise. */
const audibleLevel = 0.015;

/** Silence is a packet now and then, so one that gets lost is a large part of it. Nobody hears what is made up of background noise. */
function concealedFraction(interval: Interval, record: StatsRecord): number {
  const energy = interval.increase(record, 'totalAudioEnergy');
  if (energy < audibleLevel ** 2 * interval.increase(record, 'totalSamplesDuration')) return 0;
  const total = interval.increase(record, 'totalSamplesReceived');
  const concealed = interval.increase(record, 'concealedSamples') - interval.increase(record, 'silentConcealedSamples');
  return total === 0 ? 0 : Math.min(1, Math.max(0, concealed) / total);
}

/** The mean quantizer of the pictures that were decoded; null where the browser does not tell it. */
function quantizerOf(interval: Interval, record: StatsRecord): number | null {
  const frames = interval.increase(record, 'framesDecoded');
  return frames === 0 || typeof record['qpSum'] !== 'number' ? null : interval.increase(record, 'qpSum') / frames;
}

function codecOf(records: readonly StatsRecord[], record: StatsRecord): string | null {
  const type = text(records.find(one => one.type === 'codec' && one.id === record['codecId']), 'mimeType');
  return type === null ? null : type.slice(type.indexOf('/') + 1);
}
