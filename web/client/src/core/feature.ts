import type { MessageHandlers, WireMessage } from './messages.js';

/** The socket on which the server sent `joined`. */
export interface JoinedSocket {
  /** False after a reconnect. */
  readonly isFirst: boolean;
  /** True when the socket was opened with a ticket and not with a new join: the server then keeps the participant's media session. */
  readonly byTicket: boolean;
}

/** The server's `error` message. */
export interface ErrorMessage {
  readonly code: string;
  readonly message?: string;
  /** Names the message of this client that the server rejected. */
  readonly reference?: string;
  readonly sessionId?: string;
}

/** `recovered`: the feature repairs it, and there is nothing to report. `known`: it is about this feature. `foreign`: it is about another one. */
export type ErrorOutcome = 'recovered' | 'known' | 'foreign';

/**
 * One feature of a meeting, such as the chat: its state, its messages and its part of the API. The meeting calls all features in a fixed order and knows
 * nothing else about them.
 */
export interface Feature<Joined, Message extends WireMessage> {
  /** What the feature does with the messages that it reads. Several features may read the same type. */
  readonly handlers: Partial<MessageHandlers<Message>>;
  /** The server admitted this client on a new socket, on which messages can be sent from now on. */
  readonly handleJoined?: (joined: Joined, socket: JoinedSocket) => void;
  /** Returns `foreign` for an error about another feature. The features are asked in their order until one returns something else. */
  readonly handleError?: (error: ErrorMessage) => ErrorOutcome;
  /** The socket is lost. Nothing can be sent until the next `handleJoined`. */
  readonly handleOffline?: () => void;
  /** The meeting is over. Nothing is called afterwards. */
  readonly close?: () => void;
}
