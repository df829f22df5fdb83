import { isText, type MessageChecks } from '../../core/messages.js';
import type { Role } from '../../core/wire-types.js';

export interface WireParticipant {
  readonly participantId: string;
  readonly displayName: string;
  readonly audio: boolean;
  readonly video: boolean;
  readonly role: Role;
}

/** The part of `joined` that this feature reads. */
export interface JoinedPresence {
  readonly participantId: string;
  readonly participants: readonly WireParticipant[];
  readonly role: Role;
}

export type PresenceServerMessage =
  | { type: 'participant-joined'; participant: WireParticipant }
  | { type: 'participant-left'; participantId: string; reason?: string }
  | { type: 'speaking'; participantId: string; level?: number }
  | { type: 'unreachable'; participantIds: readonly string[] };

export const presenceChecks: MessageChecks<PresenceServerMessage> = {
  'participant-joined': { participant: value => typeof value === 'object' && value !== null && isText((value as WireParticipant).participantId) },
  'participant-left': { participantId: isText },
  'speaking': { participantId: isText },
  'unreachable': { participantIds: value => Array.isArray(value) && value.every(isText) },
};
