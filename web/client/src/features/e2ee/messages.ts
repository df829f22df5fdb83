import { isText, type MessageChecks } from '../../core/messages.js';
import type { KeyPayload } from './key-schedule.js';

/** What this feature reads of a participant. A client that can encrypt announces a public key. */
export interface EncryptingParticipant {
  readonly participantId: string;
  readonly identityKey?: string;
}

/** What this feature reads of the messages about who is in the meeting. */
export type RosterMessage =
  | { type: 'participant-joined'; participant: EncryptingParticipant }
  | { type: 'participant-left'; participantId: string };

/** The part of `joined` that this feature reads. */
export interface JoinedE2ee {
  readonly participantId: string;
  readonly participants: readonly EncryptingParticipant[];
  /** The meeting is encrypted end to end. */
  readonly e2ee?: boolean;
}

export interface E2eeKeysMessage {
  type: 'e2ee-keys';
  keys: readonly KeyPayload[];
}

export type E2eeServerMessage =
  | { type: 'e2ee-key'; from: string; payload: string }
  | { type: 'e2ee-identity'; participantId: string; identityKey: string };

export const e2eeChecks: MessageChecks<E2eeServerMessage> = {
  'e2ee-key': { from: isText, payload: isText },
  'e2ee-identity': { participantId: isText, identityKey: isText },
};
