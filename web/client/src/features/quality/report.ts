import type { PathFailure } from '../stats/path-failures.js';
import { worstPath } from '../stats/path.js';
import type { StatsSummary } from '../stats/summary.js';
import type { QualityMessage, ReportedTrack } from './messages.js';

const maxTracks = 64;
const order = { paused: 0, poor: 1, weak: 2, good: 3 } as const;

/** What is measured once in a meeting, in milliseconds, as far as it is known and not reported yet. */
export interface JoinTimes {
  /** From the join to the first picture of another participant. */
  readonly firstFrameMs?: number;
  /** How long the first connection to the media node took to gather its candidates. */
  readonly gatheringMs?: number;
}

/** The report of one interval. When there are more tracks than fit, the worst are in it. */
export function reportOf(summary: StatsSummary, times: JoinTimes, pathFailures: readonly PathFailure[] = []): QualityMessage {
  const qualities = new Map(summary.tiles.map(({ participantId, source, quality }) => [`${participantId} ${source}`, quality]));
  const tracks = summary.tracks.flatMap((track): ReportedTrack[] => {
    if (track.direction !== 'receive') return [];
    const tile = track.source === 'camera' || track.source === 'microphone' ? 'camera' : 'screen';
    const quality = qualities.get(`${track.participantId} ${tile}`);
    if (quality === undefined) return [];
    return [{
      participantId: track.participantId,
      source: track.source,
      quality,
      kbps: kbps(track.bitrate),
      loss: fraction(track.lossFraction),
      jitterMs: Math.min(600_000, track.jitterMs),
      frozen: fraction(track.frozenFraction),
      ...(track.frameHeight === 0 ? {} : { fps: Math.round(Math.min(1_000, track.framesPerSecond)), height: Math.min(16_384, track.frameHeight) }),
    }];
  });
  const { kind, reason } = worstPath(summary.paths);
  return {
    type: 'quality',
    ...(summary.rttMs === null ? {} : { rttMs: Math.min(600_000, summary.rttMs) }),
    sendLoss: fraction(summary.sendLossFraction),
    receiveLoss: fraction(summary.receiveLossFraction),
    sendKbps: kbps(summary.sendBitrate),
    receiveKbps: kbps(summary.receiveBitrate),
    ...times,
    ...(kind === null ? {} : { path: kind }),
    ...(reason === null || reason === 'relay-only' || reason === 'relay-refused' ? {} : { pathReason: reason }), // whoever reads the report knows the settings
    ...(pathFailures.length === 0 ? {} : { pathFailures }),
    tracks: tracks.sort((a, b) => order[a.quality] - order[b.quality]).slice(0, maxTracks),
  };
}

const kbps = (bitsPerSecond: number): number => Math.round(bitsPerSecond / 1000);

const fraction = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000;
