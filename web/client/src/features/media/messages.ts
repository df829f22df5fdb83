import { isText, type MessageChecks } from '../../core/messages.js';
import type { MediaType, TrackSource } from '../../core/wire-types.js';

export interface OfferedTrack {
  readonly mid: string;
  readonly participantId: string;
  readonly kind: MediaType;
  readonly source: TrackSource;
}

export type TracksClientMessage =
  | { type: 'offer'; to: string; sdp: string; tracks: { mid: string; source: TrackSource }[]; restart?: boolean; tunnel?: boolean; sessionId?: string; reference?: string }
  | { type: 'answer'; to: string; sdp: string; revision?: number; sessionId?: string }
  | { type: 'slots'; sessionId: string; version: number };

export type TracksServerMessage =
  | { type: 'offer'; from: string; sdp: string; sessionId?: string; revision?: number; tracks?: OfferedTrack[]; slotsVersion?: number; tunnel?: boolean }
  | { type: 'answer'; from: string; sdp: string; sessionId?: string; reference?: string }
  | { type: 'ice-candidate'; from: string; candidate: unknown }
  | { type: 'slots'; sessionId: string; version: number; slots: OfferedTrack[] }
  | { type: 'layers'; source: TrackSource; rids: string[] }
  | { type: 'media-restart'; reason?: string; generation?: number }
  | { type: 'media-move'; generation: number; deadline: number; reason?: unknown };

const isDuration = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

export const tracksChecks: MessageChecks<TracksServerMessage> = {
  'offer': { from: isText, sdp: isText },
  'answer': { from: isText, sdp: isText },
  'ice-candidate': { from: isText },
  'slots': { sessionId: isText, version: Number.isInteger, slots: Array.isArray },
  'layers': { source: isText, rids: Array.isArray },
  'media-restart': {},
  'media-move': { generation: Number.isInteger, deadline: isDuration },
};

/** The part of `joined` that is read here: with `p2p`, the meeting has no SFU. */
export interface JoinedMedia {
  readonly topology?: string;
}
