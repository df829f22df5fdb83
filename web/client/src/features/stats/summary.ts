import type { TrackSource } from '../../core/wire-types.js';
import { pathsOf, type MediaPath } from './path.js';
import type { PathEvidence } from './path-evidence.js';
import { measureQuality, settleQuality, worst, type ShownQuality, type TrackQuality } from './quality.js';
import { Interval, type StatsReading, type StatsRecord } from './records.js';
import { receivedTracks, sentTracks, type MidOwner, type TrackStats } from './track-stats.js';

export type Quality = 'good' | 'weak' | 'poor' | 'unknown';
/** The likely cause of a bad connection. */
export type QualityHint = 'none' | 'high-delay' | 'loss-sending' | 'loss-receiving' | 'no-media' | 'narrow-receiving' | 'narrow-sending' | 'busy-device';

/** The quality of the camera or screen of a participant, together with its sound. */
export interface TileQuality {
  readonly participantId: string;
  readonly source: 'camera' | 'screen';
  readonly quality: TrackQuality;
}

export interface StatsSummary {
  /** When it was measured, in milliseconds as of `performance.now()`. */
  readonly at: number;
  readonly rttMs: number | null;
  /** Bits per second, as all bit rates. */
  readonly sendBitrate: number;
  readonly sendLossFraction: number;
  readonly receiveBitrate: number;
  readonly receiveLossFraction: number;
  readonly quality: Quality;
  readonly hint: QualityHint;
  /** The network path of each media connection that is connected, or does not get through. */
  readonly paths: readonly MediaPath[];
  readonly tracks: readonly TrackStats[];
  readonly tiles: readonly TileQuality[];
}

/** What a summary needs to know besides the counters. */
export interface StatsContext {
  readonly selfId: string;
  readonly received: readonly MidOwner[];
  /** The sources of the sent media sections, by mid. */
  readonly sent: ReadonlyMap<string, TrackSource>;
  /** Whether the track should arrive: its sender sends it, and the page shows or plays it. */
  readonly expects: (participantId: string, source: TrackSource) => boolean;
  /** Whether the server has stopped sending the picture because the line cannot take it. */
  readonly isPaused: (participantId: string, source: 'camera' | 'screen') => boolean;
  /** What this and earlier readings say about the paths of the connections to the media node; without it, only this reading counts. */
  readonly evidence?: { readonly publish: PathEvidence; readonly subscribe: PathEvidence };
}

export interface Summarized {
  readonly summary: StatsSummary;
  /** For the next call. */
  readonly shown: ReadonlyMap<string, ShownQuality>;
}

/** Summarizes what happened between two readings. Without a previous reading, rates are 0, the quality is unknown, and no tile has one. */
export function summarize(earlier: StatsReading | null, latest: StatsReading, context: StatsContext, shownBefore: ReadonlyMap<string, ShownQuality> = new Map()): Summarized {
  const [previous, now] = [earlier === null ? null : combine(earlier), combine(latest)];
  const interval = new Interval(previous, now);
  const inbound = now.subscribe.filter(record => record.type === 'inbound-rtp');
  const outbound = now.publish.filter(record => record.type === 'outbound-rtp');
  const tracks = [...sentTracks(interval, context.selfId, context.sent), ...receivedTracks(interval, context.received)];
  const { publish, subscribe, direct = [] } = latest;
  const { evidence } = context;
  const paths = [...pathsOf(publish, 'send', evidence?.publish), ...pathsOf(subscribe, 'receive', evidence?.subscribe), ...pathsOf(direct, 'both')];
  const times = paths.flatMap(({ rttMs }) => (rttMs === null ? [] : [rttMs]));
  const rttMs = times.length === 0 ? null : Math.max(...times);
  const shown = new Map(previous === null ? [] : tilesOf(tracks, rttMs, context, shownBefore));
  const line = {
    rttMs,
    sendLossFraction: interval.sendLossOf(outbound),
    receiveLossFraction: interval.lossOf(inbound),
  };
  const receiveBitrate = interval.bitrate(inbound, 'bytesReceived');
  const assessment = previous === null ? unknownQuality : assessQuality({
    ...line,
    silent: receiveBitrate === 0 && context.received.some(({ participantId, source }) => context.expects(participantId, source)),
    paused: [...shown.values()].some(({ quality }) => quality === 'paused'),
    limitation: tracks.find(track => track.source === 'camera' && track.limitation !== null)?.limitation ?? null,
  });
  const tiles = [...shown].map(([key, { quality }]) => {
    const [source, participantId] = key.split(' ') as ['camera' | 'screen', string];
    return { participantId, source, quality };
  });
  return { summary: { at: now.at, ...line, sendBitrate: interval.bitrate(outbound, 'bytesSent'), receiveBitrate, ...assessment, paths, tracks, tiles }, shown };
}

/** A reading in which the direct connections count as sending and as receiving ones. */
function combine({ at, publish, subscribe, direct = [] }: StatsReading): StatsReading {
  const isSent = ({ type }: StatsRecord) => type === 'outbound-rtp' || type === 'remote-inbound-rtp' || type === 'codec';
  const isReceived = ({ type }: StatsRecord) => type === 'inbound-rtp' || type === 'codec';
  return { at, publish: [...publish, ...direct.filter(isSent)], subscribe: [...subscribe, ...direct.filter(isReceived)] };
}

type Assessment = { quality: Quality; hint: QualityHint };
const unknownQuality: Assessment = { quality: 'unknown', hint: 'none' };

export interface LineInput {
  readonly rttMs: number | null;
  readonly sendLossFraction: number;
  readonly receiveLossFraction: number;
  /** Tracks exist but nothing is received. */
  readonly silent: boolean;
  /** At least one picture is paused because the line cannot take it. */
  readonly paused: boolean;
  readonly limitation: TrackStats['limitation'];
}

/** The quality of this participant's line, with the most urgent reason. */
export function assessQuality({ rttMs, sendLossFraction, receiveLossFraction, silent, paused, limitation }: LineInput): Assessment {
  if (silent) return { quality: 'poor', hint: 'no-media' };
  if (rttMs === null) return unknownQuality;
  const loss = Math.max(sendLossFraction, receiveLossFraction);
  const lossHint: QualityHint = sendLossFraction >= receiveLossFraction ? 'loss-sending' : 'loss-receiving';
  if (paused) return { quality: 'poor', hint: 'narrow-receiving' };
  if (loss > 0.05) return { quality: 'poor', hint: lossHint };
  if (rttMs > 300) return { quality: 'poor', hint: 'high-delay' };
  if (loss > 0.02) return { quality: 'weak', hint: lossHint };
  if (rttMs > 150) return { quality: 'weak', hint: 'high-delay' };
  if (limitation === 'bandwidth') return { quality: 'weak', hint: 'narrow-sending' };
  if (limitation === 'cpu') return { quality: 'good', hint: 'busy-device' };
  return { quality: 'good', hint: 'none' };
}

/** The shown quality of every tile with media, under the key `<source> <participantId>`. */
function tilesOf(tracks: readonly TrackStats[], rttMs: number | null, context: StatsContext, before: ReadonlyMap<string, ShownQuality>): [string, ShownQuality][] {
  const owners = new Set(context.received.map(({ participantId }) => participantId));
  const keys = [...owners, context.selfId].flatMap(participantId => (['camera', 'screen'] as const).map(source => ({ participantId, source })));
  return keys.flatMap(({ participantId, source }) => {
    const paused = context.isPaused(participantId, source);
    const expected = participantId !== context.selfId && context.expects(participantId, source);
    const sound = source === 'camera' ? 'microphone' : 'screen-audio';
    const own = tracks.filter(track => track.participantId === participantId && (track.source === sound || (track.source === source && (expected || participantId === context.selfId))));
    if (own.length === 0 && !paused) return [];
    const key = `${source} ${participantId}`;
    const isNew = !before.has(key); // its picture may have been that of another participant, or not shown, for most of the interval
    const measured = own.map(track => ({ ...track, frozenFraction: isNew ? 0 : track.frozenFraction }))
      .map(track => ({ track, quality: measureQuality({ ...track, rttMs, paused: false, silent: !isNew && track.source === source && expected && track.bitrate === 0 }) }));
    const frozen = measured.some(({ track }) => track.frozenFraction === 1);
    const quality = paused ? 'paused' : worst(measured.map(one => one.quality))!;
    return [[key, settleQuality(before.get(key), quality, frozen)] as [string, ShownQuality]];
  });
}
