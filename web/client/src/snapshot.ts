import type { ConnectionStatus } from './connection/status.js';
import type { ChatMessage, OutgoingMessage } from './features/chat/state.js';
import type { EncryptionState } from './features/e2ee/e2ee.js';
import type { MediaMove } from './features/media/moves.js';
import type { PresenceState } from './features/presence/presence.js';
import type { TunnelState } from './features/tunnel/tunnel.js';
import type { PausedTrack } from './features/view/messages.js';

/** All that a page shows of a meeting. Immutable. */
export interface MeetingSnapshot extends PresenceState {
  readonly meetingId: string;
  readonly connection: ConnectionStatus;
  readonly messages: readonly ChatMessage[];
  readonly outgoing: readonly OutgoingMessage[];
  /** The video tracks that are shown and not received, because the line of this participant cannot take them. */
  readonly paused: readonly PausedTrack[];
  /** Whether the tenant wants the person to be asked at the end how the call was (`Meeting.answerSurvey`). */
  readonly survey: boolean;
  /** The last changes of the media node, oldest first, for statistics. */
  readonly moves: readonly MediaMove[];
  /** The IDs of the participants to whom no direct connection can be opened, in a meeting with mode `P2P`, in which nothing else carries media. */
  readonly unconnected: readonly string[];
  /** Whether media passes through signaling, because no path to a media node works. */
  readonly tunnel: TunnelState;
  /** Null in a meeting that is not encrypted end to end. */
  readonly encryption: EncryptionState | null;
}
