import { isText, type MessageChecks } from '../../core/messages.js';

/** A stored chat message. */
export interface WireChatMessage {
  readonly from: string;
  readonly message: string;
  readonly timestamp: string;
  readonly messageId: string;
  readonly displayName?: string;
  readonly reference?: string;
}

export type ChatClientMessage = { type: 'chat'; message: string; reference: string };

export type ChatServerMessage = { type: 'chat' } & WireChatMessage;

const isDigits = (value: unknown): boolean => typeof value === 'string' && /^\d{1,15}$/.test(value);

export const chatChecks: MessageChecks<ChatServerMessage> = {
  chat: { from: isText, message: isText, messageId: isDigits },
};
