import type { ErrorMessage } from './core/feature.js';
import { isText, type MessageChecks } from './core/messages.js';
import { chatChecks, type ChatClientMessage, type ChatServerMessage } from './features/chat/messages.js';
import { directChecks, type DirectClientMessage, type DirectServerMessage, type JoinedTopology } from './features/direct/messages.js';
import { e2eeChecks, type E2eeKeysMessage, type E2eeServerMessage, type JoinedE2ee } from './features/e2ee/messages.js';
import { moderationChecks, type ModerationServerMessage } from './features/moderation/messages.js';
import { muteChecks, type JoinedMuted, type MediaUpdateMessage, type MuteClientMessage } from './features/mute/messages.js';
import { presenceChecks, type JoinedPresence, type PresenceServerMessage } from './features/presence/messages.js';
import type { JoinedQuality, QualityMessage } from './features/quality/messages.js';
import { relaysChecks, type RelaysServerMessage } from './features/relays/messages.js';
import type { JoinedSurvey } from './features/survey/messages.js';
import { viewChecks, type JoinedView, type ViewMessage, type ViewServerMessage } from './features/view/messages.js';
import type { MediaType } from './core/wire-types.js';
import { tracksChecks, type TracksClientMessage, type TracksServerMessage } from './features/media/messages.js';

/** The messages of docs/signaling-protocol.md: those of the connection itself, and those of each feature, which stand in the feature's `messages.ts`. */
export type ClientMessage =
  | { type: 'join'; participantId: string; capabilities: Record<string, unknown>; muted?: Readonly<Record<MediaType, boolean>>; identityKey?: string }
  | { type: 'leave' }
  | TracksClientMessage
  | MuteClientMessage
  | ViewMessage
  | QualityMessage
  | DirectClientMessage
  | E2eeKeysMessage
  | ChatClientMessage;

export type JoinedMessage = { type: 'joined' } & JoinedPresence & JoinedMuted & JoinedView & JoinedQuality & JoinedSurvey & JoinedE2ee & JoinedTopology;

type ConnectionMessage = JoinedMessage | ({ type: 'error' } & ErrorMessage);

export type ServerMessage = ConnectionMessage | ModerationServerMessage | PresenceServerMessage | TracksServerMessage | MediaUpdateMessage | ChatServerMessage | ViewServerMessage | E2eeServerMessage | DirectServerMessage | RelaysServerMessage;

const checks: MessageChecks<ServerMessage> = {
  'joined': { participantId: isText, participants: Array.isArray },
  'error': { code: isText },
  ...moderationChecks,
  ...presenceChecks,
  ...tracksChecks,
  ...muteChecks,
  ...chatChecks,
  ...viewChecks,
  ...e2eeChecks,
  ...directChecks,
  ...relaysChecks,
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
  if (!isText(record['type']) || !Object.hasOwn(checks, record['type'] as string)) return null;
  const required = checks[record['type'] as ServerMessage['type']];
  return Object.entries(required).every(([field, check]) => check(record[field])) ? value as ServerMessage : null;
}
