import type { TrackSource } from '../../core/wire-types.js';
import type { PathKind } from '../stats/path-evidence.js';
import type { PathFailure } from '../stats/path-failures.js';
import type { PathReason } from '../stats/path-reason.js';
import type { TrackQuality } from '../stats/quality.js';

export interface ReportedTrack {
  readonly participantId: string;
  readonly source: TrackSource;
  readonly quality: TrackQuality;
  readonly kbps: number;
  readonly loss: number;
  readonly jitterMs: number;
  readonly frozen: number;
  readonly fps?: number;
  readonly height?: number;
}

export interface QualityMessage {
  readonly type: 'quality';
  readonly rttMs?: number;
  readonly sendLoss: number;
  readonly receiveLoss: number;
  readonly sendKbps: number;
  readonly receiveKbps: number;
  readonly firstFrameMs?: number;
  readonly gatheringMs?: number;
  readonly path?: PathKind;
  readonly pathReason?: PathReason;
  readonly pathFailures?: readonly PathFailure[];
  readonly tracks: readonly ReportedTrack[];
}

/** The part of `joined` that this feature reads. Servers of earlier versions do not know `quality`. */
export interface JoinedQuality {
  readonly capabilities?: { readonly quality?: boolean };
}
