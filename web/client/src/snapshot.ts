import type { ConnectionStatus } from './connection/status.js';
import type { ChatMessage, OutgoingMessage } from './features/chat/state.js';
import type { PresenceState } from './features/presence/presence.js';

/** All that a page shows of a meeting. Immutable. */
export interface MeetingSnapshot extends PresenceState {
  readonly meetingId: string;
  readonly connection: ConnectionStatus;
  readonly messages: readonly ChatMessage[];
  readonly outgoing: readonly OutgoingMessage[];
}
