/** The messages of docs/signaling-protocol.md. */
export type MediaType = 'audio' | 'video';
export type TrackSource = 'microphone' | 'camera' | 'screen' | 'screen-audio';
export type Role = 'host' | 'participant';

export interface WireParticipant {
  readonly participantId: string;
  readonly displayName: string;
  readonly audio: boolean;
  readonly video: boolean;
  readonly role: Role;
}

export interface OfferedTrack {
  readonly mid: string;
  readonly participantId: string;
  readonly kind: MediaType;
  readonly source: TrackSource;
}

export type ClientMessage =
  | { type: 'join'; participantId: string; capabilities: Record<string, unknown> }
  | { type: 'offer'; to: string; sdp: string; tracks: { mid: string; source: TrackSource }[]; restart?: boolean; sessionId?: string; reference?: string }
  | { type: 'answer'; to: string; sdp: string; revision?: number; sessionId?: string }
  | { type: 'mute'; mediaType: MediaType }
  | { type: 'unmute'; mediaType: MediaType }
  | { type: 'chat'; message: string; reference: string }
  | { type: 'leave' };

/** A stored chat message. */
export interface WireChatMessage {
  readonly from: string;
  readonly message: string;
  readonly timestamp: string;
  readonly messageId: string;
  readonly displayName?: string;
  readonly reference?: string;
}

/** What a host or the settings of the meeting have muted. */
export type MutedState = Readonly<Record<MediaType, boolean>>;

export type ServerMessage =
  | { type: 'joined'; participantId: string; participants: WireParticipant[]; role: Role; muted?: MutedState; topology?: string }
  | { type: 'participant-joined'; participant: WireParticipant }
  | { type: 'participant-left'; participantId: string; reason?: string }
  | { type: 'offer'; from: string; sdp: string; sessionId?: string; revision?: number; tracks?: OfferedTrack[] }
  | { type: 'answer'; from: string; sdp: string; sessionId?: string; reference?: string }
  | { type: 'ice-candidate'; from: string; candidate: unknown }
  | ({ type: 'chat' } & WireChatMessage)
  | { type: 'media-update'; participantId: string; audio: boolean; video: boolean }
  | { type: 'media-restart'; reason?: string; generation?: number }
  | { type: 'speaking'; participantId: string; level?: number }
  | { type: 'meeting-ended'; reason?: string }
  | { type: 'removed'; reason?: string }
  | { type: 'error'; code: string; message?: string; reference?: string; sessionId?: string };

type Type = ServerMessage['type'];
const text = (value: unknown): boolean => typeof value === 'string';
const digits = (value: unknown): boolean => typeof value === 'string' && /^\d{1,15}$/.test(value);

const required: Readonly<Record<Type, Readonly<Record<string, (value: unknown) => boolean>>>> = {
  'joined': { participantId: text, participants: Array.isArray },
  'participant-joined': { participant: value => typeof value === 'object' && value !== null && text((value as WireParticipant).participantId) },
  'participant-left': { participantId: text },
  'offer': { from: text, sdp: text },
  'answer': { from: text, sdp: text },
  'ice-candidate': { from: text },
  'chat': { from: text, message: text, messageId: digits },
  'media-update': { participantId: text },
  'media-restart': {},
  'speaking': { participantId: text },
  'meeting-ended': {},
  'removed': {},
  'error': { code: text },
};

/** Returns null for unknown and malformed messages; a newer server may send messages that this version does not know. */
export function parseServerMessage(data: unknown): ServerMessage | null {
  if (typeof data !== 'string') return null;
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const record = value as Record<string, unknown>;
  if (!text(record['type']) || !Object.hasOwn(required, record['type'] as string)) return null;
  const checks = required[record['type'] as Type];
  return Object.entries(checks).every(([field, check]) => check(record[field])) ? value as ServerMessage : null;
}
